/** The product in browsers that are not Chromium. `bin/test --all` runs it. */
import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { onPath } from '../support/programs.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'
import { openFirefox } from './firefox.ts'
import type { OtherBrowser } from './other-browser.ts'
import { openWebKit } from './webkit.ts'

const firefox = onPath('firefox-esr') ?? onPath('firefox')
const driver = onPath('Xvfb') && onPath('WebKitWebDriver')

t.test('Firefox', { skip: firefox ? false : 'no firefox on the path' }, async (t) => {
  await journey(t, await openFirefox(t, firefox ?? ''))
})

t.test('WebKit', { skip: driver ? false : 'no Xvfb or WebKitWebDriver on the path' }, async (t) => {
  await journey(t, await openWebKit(t, driver ?? ''))
})

async function journey(t: Test, browser: OtherBrowser): Promise<void> {
  const server = await startServer(t)
  const [, bob] = await Promise.all([server.person('ada'), server.person('bob')])
  await bob.get('/rooms/lobby')
  const open = async (path: string) => {
    await browser.open(server.address + path)
    await shows('it is live', `document.querySelector('[data-state="live"]') !== null`)
  }
  const shows = (what: string, expression: string) =>
    eventually(`${browser.name}: ${what}`, async () => (await browser.evaluate(expression)) === true)
  const hasMessage = (text: string) =>
    shows(
      text,
      `[...document.querySelectorAll('.message[data-seq] .text')].some((element) => element.textContent === ${JSON.stringify(text)})`,
    )

  await t.test('a person signs in with the form', async () => {
    await browser.open(`${server.address}/sign-in`)
    await browser.type('#username', 'ada')
    await browser.type('#password', `${PASSWORD}\n`)
    await shows('her name', `document.body.dataset.user === 'ada'`)
  })

  await t.test('a message is stored, and messages of others appear', async () => {
    await open('/rooms/lobby')
    await browser.type('#message', 'Hello from another browser\n')
    await hasMessage('Hello from another browser')
    await bob.post('/rooms/lobby/messages', { message: 'Hello back: https://example.com/a' })
    await hasMessage('Hello back: https://example.com/a')
    await shows('a link', `document.querySelector('.message a[href="https://example.com/a"]') !== null`)
  })

  await t.test('a person reacts with an emoji from the menu of a message', async () => {
    await browser.click('.message:last-of-type .more')
    await browser.click('#message-menu [data-emoji]')
    await shows('the emoji', `document.querySelector('.message .reaction[aria-pressed="true"]') !== null`)
  })

  await t.test('changing a line changes the lines that depend on it', async () => {
    await open('/rooms/lobby/calculator')
    await browser.type('#expression', 'rent = 1250\n')
    await browser.type('#expression', 'rent * 2\n')
    await shows(
      'the value',
      `document.querySelector('#timeline, .lines, main').textContent.includes('2,500')`,
    )
    const sheet = JSON.parse((await bob.get('/api/sheets/lobby')).text)
    const [{ seq }] = sheet.lines
    const socket = await bob.socket('/ws/calculator/lobby').opened()
    socket.send({ type: 'set', seq, expression: 'rent = 1350', base: sheet.rev, id: 'change' })
    await shows('the new value', `document.querySelector('main').textContent.includes('2,700')`)
    socket.close()
  })

  await t.test('the list of rooms is updated when somebody writes', async () => {
    await browser.open(`${server.address}/`)
    await bob.post('/rooms/lobby/messages', { message: 'Are you there?' })
    await shows('an unread message', `document.querySelector('.card.unread .badge') !== null`)
  })
}
