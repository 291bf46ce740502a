import type { Page } from 'playwright-core'
import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { sayAll } from '../support/room-page.ts'
import { untilFound } from '../support/search.ts'
import { startServer } from '../support/server.ts'

t.test('without JavaScript, every action on a message can be done', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [visitor, bob] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(visitor, 'Kiln')
  await bob.get(`/rooms/${room}`)
  await sayAll(bob, ['is it hot?'], room)
  const context = await openBrowser(t, visitor, {
    javaScriptEnabled: false,
    viewport: { width: 360, height: 740 },
  })
  const page = await context.newPage()
  const message = (text: string) => page.locator('.message', { hasText: text }).last()
  const act = (text: string) =>
    message(text)
      .getByRole('link', { name: /^Actions for/ })
      .click()
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click()

  await page.goto(`/rooms/${room}`)
  await act('is it hot?')
  await page.getByLabel('Your reply').fill('yes, very')
  await press('Send reply')
  await message('yes, very').locator('.reply', { hasText: 'is it hot?' }).waitFor()

  await act('yes, very')
  await page.getByLabel('Text').fill('yes, 900 °C')
  await press('Save')
  await message('yes, 900 °C').locator('.edited').waitFor()

  await act('is it hot?')
  await press('👍')
  const reaction = message('is it hot?').getByRole('button', { name: '👍 1' })
  await reaction.click()
  await reaction.waitFor({ state: 'detached' })

  await act('yes, 900 °C')
  await page.getByRole('link', { name: 'Show this conversation' }).click()
  t.same(await page.locator('.message .text').allInnerTexts(), ['is it hot?', 'yes, 900 °C'])
  await message('is it hot?').locator('.more').click()
  await press('Pin this message')
  await message('is it hot?').locator('.pinned').waitFor()
  await act('is it hot?')
  await page.getByRole('link', { name: 'Pinned messages' }).click()
  await act('is it hot?')
  await press('Unpin this message')
  await message('is it hot?').locator('.pinned').waitFor({ state: 'detached' })

  await act('yes, 900 °C')
  await press('Delete this message')
  await message('This message was deleted.').waitFor()
})

t.test(
  'without JavaScript, a person finds messages and files, and can stop disruptive people',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const [visitor, bob] = [await server.person('ada'), await server.person('bob')]
    const room = await newRoom(visitor, 'Kiln')
    await bob.get(`/rooms/${room}`)
    await sayAll(bob, ['is it hot?'], room)
    await untilFound(visitor, 'hot', 1)
    const open = async (who: typeof visitor): Promise<Page> => {
      const options = { javaScriptEnabled: false, viewport: { width: 360, height: 740 } }
      return (await openBrowser(t, who, options)).newPage()
    }
    const page = await open(visitor)

    await page.goto(`/rooms/${room}`)
    const plan = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('a plan') }
    await page.locator('#files').setInputFiles(plan)
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('.message .file', { hasText: 'plan.txt' }).waitFor()
    await page.locator('.room-menu summary').click()
    await page.getByRole('link', { name: 'Files' }).click()
    await page.locator('main').getByText('plan.txt').waitFor()

    await page.getByRole('link', { name: 'Search messages' }).click()
    await page.getByRole('searchbox').fill('hot')
    await page.getByRole('searchbox').press('Enter')
    await page
      .locator('main')
      .getByRole('link', { name: /is it hot\?|Kiln/ })
      .first()
      .click()
    await page.locator('.message.marked', { hasText: 'is it hot?' }).waitFor()

    await page.locator('.message.marked .more').click()
    await page.getByRole('link', { name: 'Mute or remove bob' }).click()
    await page.getByLabel('1 hour').check()
    await page.getByRole('button', { name: 'Mute', exact: true }).click()
    await page.getByText('muted until').waitFor()
    const his = await open(bob)
    await his.goto(`/rooms/${room}`)
    await his.getByText('You are muted in this room until').waitFor()
    await page.getByRole('link', { name: 'Mute … bob' }).click()
    await page.getByRole('button', { name: 'Unmute' }).click()
    await page.getByText('muted until').waitFor({ state: 'detached' })

    await page.goto('/admin/bans')
    await page.getByLabel('Address or network').fill('203.0.113.9')
    await page.getByLabel('1 week').check()
    await page.getByRole('button', { name: 'Ban', exact: true }).click()
    await page.getByRole('button', { name: 'End the ban of 203.0.113.9' }).click()
    await page.getByText('No address is banned.').waitFor()
  },
)
