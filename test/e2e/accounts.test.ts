import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('a person makes an account, lands on the rooms, opens the lobby and speaks', inBrowser, async (t) => {
  const server = await startServer(t)
  const page = await (await openBrowser(t, server.visitor())).newPage()

  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Ada')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor()
  await page.getByRole('link', { name: 'Lobby' }).click()
  await page.getByRole('textbox', { name: 'Message to Lobby' }).fill('hello, lobby')
  await page.keyboard.press('Enter')

  await page.locator('.message.own:not(.pending)').getByText('hello, lobby').waitFor()
  t.equal(await page.locator('.message').count(), 1)
  t.equal(await page.getByRole('textbox').inputValue(), '')
})
