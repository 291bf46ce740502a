import t from 'tap'
import { eventually, inBrowser } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('a message of a blocked person is not quoted', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [visitor, bob] = [await server.person('ada'), await server.person('bob')]
  await bob.post('/rooms/lobby/messages', { message: 'an unkindness' })
  const laptop = await RoomPage.open(t, visitor)
  const phone = await RoomPage.open(t, visitor)
  const mode = ({ page }: RoomPage) => page.locator('#composer-mode span')

  await laptop.page.locator('#message-1 .more').click()
  await laptop.page.getByRole('menuitem', { name: 'Reply' }).click()
  await laptop.page.getByText('Replying to bob: an unkindness').waitFor()
  await visitor.post('/people/bob/block', { on: 'on' })
  await eventually(
    'the quotation is gone',
    async () => (await mode(laptop).innerText()) === 'Replying to bob',
  )
  await phone.page.getByText('whom you blocked').waitFor()
  await laptop.composer.fill('an answer')
  await eventually('the draft came', async () => (await phone.composer.inputValue()) === 'an answer')
  t.equal(await mode(phone).innerText(), 'Replying to bob', 'also if the draft came from another device')
})

t.test('the notice that somebody is typing disappears when they are blocked', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [visitor, person] = [await server.person('ada'), await server.person('bob')]
  const ada = await RoomPage.open(t, visitor)
  const cleo = await RoomPage.open(t, await server.person('cleo'))
  const bob = await RoomPage.open(t, person)
  await bob.composer.pressSequentially('un')
  for (const { page } of [ada, cleo]) await page.getByText('bob is typing…').waitFor()
  await visitor.post('/people/bob/block', { on: 'on' })
  await ada.page.getByText('bob is typing…').waitFor({ state: 'hidden' })
  t.equal(await cleo.page.locator('#typing').textContent(), 'bob is typing…', 'others still see it')
})
