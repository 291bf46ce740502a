import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { inBrowser, openBrowser, overflows, type PersonOptions } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'

/** How somebody uses a page. */
interface Way {
  readonly options: PersonOptions
  readonly press: (page: Page, control: Locator) => Promise<void>
}

const WAYS: Readonly<Record<string, Way>> = {
  'with the keyboard alone': {
    options: {},
    press: async (page, control) => {
      await tabTo(page, control)
      await page.keyboard.press((await control.getAttribute('type')) === 'radio' ? 'Space' : 'Enter')
    },
  },
  'on a phone': {
    options: { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true },
    press: async (page, control) => {
      await control.waitFor()
      t.notOk(await overflows(page), page.url())
      await control.tap()
    },
  },
  'without JavaScript': {
    options: { javaScriptEnabled: false },
    press: async (_page, control) => control.click(),
  },
}

t.test('a person who is disruptive can be stopped', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const kim = await server.person('kim')

  for (const [how, { options, press }] of Object.entries(WAYS)) {
    t.test(how, async (t) => {
      const room = await newRoom(bob, `Loud ${how}`)
      await kim.post(`/rooms/${room}/messages`, { message: 'LOUD' })
      const owner = await (await openBrowser(t, bob, options)).newPage()

      await owner.goto(`/rooms/${room}/messages/1`)
      await press(owner, owner.getByRole('button', { name: 'Delete this message' }))
      await owner.getByText('This message was deleted.').waitFor()

      await owner.goto(`/rooms/${room}/settings`)
      await press(owner, owner.getByRole('link', { name: 'Mute … kim' }))
      await press(owner, owner.getByRole('button', { name: 'Mute', exact: true }))
      await owner.getByText(/^muted until /).waitFor()
      t.equal((await kim.post(`/rooms/${room}/messages`, { message: 'LOUDER' })).status, 403)
      await press(owner, owner.getByRole('link', { name: 'Mute … kim' }))
      await press(owner, owner.getByRole('button', { name: 'Unmute' }))
      await owner.getByText(/^muted until /).waitFor({ state: 'detached' })
      await press(owner, owner.getByRole('button', { name: 'Remove kim' }))
      await owner.getByRole('heading', { name: 'Removed' }).waitFor()
      t.equal((await kim.post(`/rooms/${room}/messages`, { message: 'LOUDEST' })).status, 403)

      const administrator = await (await openBrowser(t, ada, options)).newPage()
      await administrator.goto('/admin')
      await press(administrator, administrator.getByRole('link', { name: 'Bans' }))
      const address = administrator.getByLabel('Address or network')
      await press(administrator, address)
      await address.pressSequentially('203.0.113.7')
      await press(administrator, administrator.getByRole('button', { name: 'Ban', exact: true }))
      const end = administrator.getByRole('button', { name: 'End the ban of 203.0.113.7' })
      await press(administrator, end)
      await administrator.getByText('No address is banned.').waitFor()

      await press(administrator, administrator.getByRole('link', { name: 'Log' }))
      await administrator
        .getByText(/^Ban ended/)
        .first()
        .waitFor()
      await press(administrator, administrator.getByRole('link', { name: 'People', exact: true }))
      await press(administrator, administrator.getByRole('link', { name: 'kim' }))
      await press(administrator, administrator.getByRole('button', { name: 'Deactivate this account' }))
      await administrator.getByText('The account is deactivated.').waitFor()
      t.equal((await kim.get('/api/rooms')).status, 401)
      await press(administrator, administrator.getByRole('button', { name: 'Reactivate this account' }))
      await administrator.getByText('The account is deactivated.').waitFor({ state: 'detached' })
      await kim.signIn('kim')
    })
  }
})

/** Presses Tab until a control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  const isFocused = () => control.evaluate((element) => element === document.activeElement)
  for (let presses = 0; presses < 100; presses += 1) {
    if (await isFocused()) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not lead to ${control}`)
}
