import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { fill, newRoom } from '../support/chat.ts'
import { numbered, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('without JavaScript, a person makes an account, reads, writes and leaves', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await sayAll(bob, numbered('remark', 70))
  const context = await openBrowser(t, server.visitor(), {
    javaScriptEnabled: false,
    viewport: { width: 360, height: 640 },
    expected: /status of 400/,
  })
  const page = await context.newPage()

  await page.goto('/sign-up?next=/rooms/lobby')
  await page.getByLabel('Name', { exact: true }).fill('Ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByText('remark 70').waitFor()
  const last = await page.locator('.message').last().boundingBox()
  t.ok(last && last.y > 0 && last.y < 640, 'the newest message is visible')

  await page.getByRole('link', { name: 'Earlier messages' }).click()
  await page.getByText('remark 20', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Later messages' }).click()
  await page.getByText('remark 70', { exact: true }).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Newest messages' }).click()
  await page.getByText('remark 70', { exact: true }).waitFor()

  const composer = page.getByRole('textbox', { name: 'Message to Lobby' })
  await composer.fill('hello from a plain page')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.message.own', { hasText: 'hello from a plain page' }).waitFor()

  await composer.fill('   ')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.fault', { hasText: 'must not be blank' }).waitFor()

  await sayAll(bob, ['answered'])
  await page.getByRole('link', { name: 'Check for new messages' }).click()
  await page.locator('.message', { hasText: 'answered' }).waitFor()

  await page.locator('.room-menu summary').click()
  await page.getByRole('button', { name: 'Leave this room' }).click()
  await page.getByText('You are not in any rooms yet.').waitFor()
  await page.getByLabel('Name').fill('A room of my own')
  await page.getByRole('button', { name: 'Create room' }).click()
  await page.getByRole('heading', { name: 'A room of my own' }).waitFor()
  await page.goto('/')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

t.test('without JavaScript, a room opens at the first unread message, or at a date', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', TIME_ZONE: 'UTC' })
  await server.person('bob')
  const visitor = await server.person('ada')
  await fill(server.app, 'lobby', 'bob', 5)
  await visitor.get('/rooms/lobby')
  await fill(server.app, 'lobby', 'bob', 5_000, (index) => `new ${index}`)
  const { database } = server.app
  await database.updateTable('messages').set({ created_at: '2026-03-10T23:59:00Z' }).execute()
  await database
    .updateTable('messages')
    .set({ created_at: '2026-03-11T08:00:00Z' })
    .where('seq', '>=', 2_000)
    .execute()
  const context = await openBrowser(t, visitor, { javaScriptEnabled: false })
  const page = await context.newPage()
  const isInSight = async (text: string) => {
    const { y = 0, height = 0 } = (await page.getByText(text, { exact: true }).boundingBox()) ?? {}
    return y > 60 && y + height < 700
  }

  await page.goto('/rooms/lobby')
  await page.locator('.divider.unread').waitFor()
  t.ok(await isInSight('new 1'))
  await page.getByRole('link', { name: 'Later messages' }).click()
  await page.getByText('new 70', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Mark the messages up to here as read' }).click()
  await page.getByText('new 77', { exact: true }).waitFor()
  t.ok(await isInSight('new 77'), 'the person is where they were')

  await page.locator('.room-menu summary').click()
  await page.getByLabel('Jump to a date').fill('2026-03-11')
  await page.getByRole('button', { name: 'Go to that date' }).click()
  await page.getByText('new 1995', { exact: true }).waitFor()
  t.ok(await isInSight('new 1995'))
})

t.test(
  'without JavaScript, nothing is too narrow to use, and every button does something',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const visitor = await server.person('ada')
    const context = await openBrowser(t, visitor, {
      javaScriptEnabled: false,
      viewport: { width: 360, height: 640 },
    })
    const page = await context.newPage()
    await page.goto('/rooms/lobby')
    await page.getByRole('textbox', { name: 'Message to Lobby' }).fill('word '.repeat(30))
    await page.getByRole('button', { name: 'Send' }).click()
    const more = await page.locator('.message .more').boundingBox()
    const right = await page.locator('.message .text').evaluate((text) => {
      const words = document.createRange()
      words.selectNodeContents(text)
      return words.getBoundingClientRect().right
    })
    t.ok(right <= (more?.x ?? 0), 'the actions are beside the text of a message')
    const field = page.locator('#files')
    t.ok(((await field.boundingBox())?.width ?? 0) > 200)
    await field.setInputFiles({ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('a plan') })
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.message .file', { hasText: 'plan.txt' }).waitFor()

    await page.goto('/rooms/lobby/calculator')
    await page.getByText('f(n) = n^2').waitFor()
    const buttons = page.locator('main').getByRole('button')
    await page.getByRole('textbox', { name: 'Expression' }).fill('1200 * 2')
    await page.getByRole('button', { name: 'Keep this line' }).click()
    await page.getByRole('button', { name: '2,400' }).waitFor()
    for (const button of await buttons.all())
      t.equal(await button.getAttribute('type'), 'submit', await button.innerText())
    for (const where of ['on the sheet', 'on the page of a line']) {
      if (where !== 'on the sheet') await page.getByRole('link', { name: 'Actions for this line' }).click()
      const value = page.getByRole('button', { name: '2,400' })
      if (where === 'on the sheet') {
        // From where new lines are written back past the actions of the line.
        for (const key of ['Shift+Tab', 'Shift+Tab']) await page.keyboard.press(key)
        t.ok(await value.evaluate((button) => button === document.activeElement), 'Tab leads to a value')
        await page.keyboard.press('Enter')
      } else await value.click()
      await page.waitForURL(/\/calculator\?insert=line1$/)
      const entry = page.getByRole('textbox', { name: 'Expression' })
      t.equal(await entry.inputValue(), 'line1', where)
      t.ok(await entry.evaluate((field) => field === document.activeElement), where)
    }
    const over = await newRoom(visitor, 'Over')
    await visitor.post(`/rooms/${over}/calculator`, { expression: '1200 * 2' })
    await visitor.post(`/rooms/${over}/archive`, {})
    for (const address of [`/rooms/${over}/calculator`, `/rooms/${over}/calculator/lines/1`]) {
      await page.goto(address)
      await page.getByText('2,400').waitFor()
      t.equal(await page.getByRole('button', { name: '2,400' }).count(), 0, 'what does nothing is no button')
    }
  },
)
