import t from 'tap'
import { eventually, inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('a person creates an account, gets to the rooms, opens the lobby and writes', inBrowser, async (t) => {
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

t.test(
  'a person signs up with their name, is shown to others with it, and changes it',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const ada = await RoomPage.open(t, await server.person('ada'))
    const page = await (await openBrowser(t, server.visitor())).newPage()

    await page.goto('/sign-up?next=/rooms/lobby')
    await page.getByLabel('Name', { exact: true }).pressSequentially('Zoë Müller')
    const username = page.getByLabel('Username')
    await eventually('the username is suggested', async () => (await username.inputValue()) === 'zoe-mueller')
    await username.fill('zoe')
    await page.getByLabel('Name', { exact: true }).fill('Zoë Müller-Lüdenscheidt')
    t.equal(await username.inputValue(), 'zoe', 'a username that was typed stays')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign up' }).click()
    const zoe = new RoomPage(page)
    await zoe.live()
    await page.getByRole('textbox', { name: 'Message to Lobby' }).pressSequentially('hello')
    await ada.page.setViewportSize({ width: 320, height: 640 })
    const note = ada.page.getByText(/^Zoë Müller-Lüdenscheidt @\S+ is typing…$/)
    const height = (await note.first().boundingBox())?.height ?? 0
    t.ok(height > 0 && height < 30, 'on one line, also on a phone')
    await page.keyboard.press('Enter')

    const byline = ada.page.locator('.message .byline')
    await byline.getByText('Zoë Müller-Lüdenscheidt').waitFor()
    await byline.getByText('@zoe', { exact: true }).waitFor()
    t.equal(await ada.page.locator('.message .avatar').first().textContent(), 'Z')
    await page.locator('.message.own:not(.pending) .byline').getByText('Zoë Müller-Lüdenscheidt').waitFor()
    await ada.page.locator('.here summary').click()
    await ada.page.locator('.here-panel li').getByText('Zoë Müller-Lüdenscheidt').waitFor()

    const account = await page.context().newPage()
    await account.goto('/account')
    await account.getByLabel('Name', { exact: true }).fill('Zoë')
    await account.getByRole('button', { name: 'Save name' }).click()
    await account.locator('.own-name').getByText('Zoë', { exact: true }).waitFor()
    await page.getByRole('textbox', { name: 'Message to Lobby' }).fill('under a new name')
    await page.keyboard.press('Enter')
    await ada.page.locator('.message', { hasText: 'under a new name' }).waitFor()
    await ada.page.locator('.here-panel li').getByText('Zoë', { exact: true }).waitFor()
    await ada.page.reload()
    await ada.page
      .locator('.message', { hasText: 'hello' })
      .locator('.sender')
      .getByText('Zoë', { exact: true })
      .waitFor()
  },
)

t.test('lists of people show a new status at once, even after a lost connection', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const context = await openBrowser(t, await server.person('bob'), { expected: OUTAGE })
  const [people, members, about] = await Promise.all(
    ['/people', '/rooms/lobby/settings', '/people/ada'].map(async (address) => {
      const page = await context.newPage()
      await ada.get('/rooms/lobby')
      await page.goto(address)
      return page.locator('[data-status-of="ada"]')
    }),
  )
  const pages = [people, members, about].filter((place) => place !== undefined)
  for (const place of pages) t.equal(await place.textContent(), '')
  await ada.post('/account/status', { emoji: '🌴', text: 'On holiday' })
  for (const place of pages) await place.getByText('On holiday').waitFor()

  await context.setOffline(true)
  await ada.post('/account/status', { emoji: '', text: '', clear: 'on' })
  await context.setOffline(false)
  for (const place of pages) await place.locator(':scope:empty').waitFor({ state: 'attached' })
})

t.test('a person finds another among all people and writes to them', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  await server.person('bob')
  const page = await (await openBrowser(t, ada)).newPage()
  await page.goto('/')
  await page.getByRole('link', { name: 'People' }).click()
  await page.getByLabel('Find a person').fill('bo')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Message bob' }).click()
  const room = new RoomPage(page)
  await room.live()
  t.match(await page.title(), /^bob/)
})
