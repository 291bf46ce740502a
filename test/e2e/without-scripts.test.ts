import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { numbered, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('without JavaScript one makes an account, reads, speaks and goes', inBrowser, async (t) => {
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
  t.ok(last && last.y > 0 && last.y < 640, 'the newest is in sight')

  await page.getByRole('link', { name: 'Earlier messages' }).click()
  await page.getByText('remark 20', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Back to the newest' }).click()

  const composer = page.getByRole('textbox', { name: 'Message to Lobby' })
  await composer.fill('hello from a plain page')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.message.own', { hasText: 'hello from a plain page' }).waitFor()

  await composer.fill('   ')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.fault', { hasText: 'is not blank' }).waitFor()

  await sayAll(bob, ['answered'])
  await page.getByRole('link', { name: 'Check for new messages' }).click()
  await page.locator('.message', { hasText: 'answered' }).waitFor()

  await page.locator('.room-menu summary').click()
  await page.getByRole('button', { name: 'Leave this room' }).click()
  await page.getByText('You are in no room yet.').waitFor()
  await page.getByLabel('Name').fill('A room of my own')
  await page.getByRole('button', { name: 'Create room' }).click()
  await page.getByRole('heading', { name: 'A room of my own' }).waitFor()
  await page.goto('/')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
