import type { Page } from 'playwright-core'
import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { photo } from '../support/pictures.ts'
import { startServer } from '../support/server.ts'

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without'
  t.test(`${how} JavaScript, a form of settings confirms that it was saved`, inBrowser, async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const visitor = await server.person('ada')
    const room = await newRoom(visitor, 'Kiln')
    await server.person('bob')
    const direct = (await visitor.post('/rooms/direct', { with: 'bob' })).headers.get('location')
    const context = await openBrowser(t, visitor, { javaScriptEnabled })
    const page = await context.newPage()
    const forms = [
      [`/rooms/${room}/settings`, `/rooms/${room}/settings`],
      [`/rooms/${room}/settings`, `/rooms/${room}/level`],
      ['/account', '/account/name'],
      ['/account', '/account/pronouns'],
      ['/account', '/account/status'],
      ['/account', '/account/time-zone'],
      ['/account', '/account/reading'],
      ['/account', '/account/picture'],
      [`${direct}`, `${direct}/level`],
      ['/notifications', '/notifications/quiet-hours'],
      ['/admin/invitations', '/admin/sign-up'],
    ] as const
    for (const [address, action] of forms) {
      await page.goto(address)
      t.equal(await saved(page).count(), 0, address)
      const form = page.locator(`main form[action^="${action}"]`)
      for (const field of ['#status-text', '#zone:not([type="hidden"])'])
        if (await form.locator(field).count()) await form.locator(field).fill('Europe/Berlin')
      const picture = form.locator('#picture')
      if (await picture.count())
        await picture.setInputFiles({
          ...{ name: 'me.jpg', mimeType: 'image/jpeg' },
          buffer: Buffer.from(await photo()),
        })
      const menu = page.locator('details.room-menu', { has: page.locator(`form[action="${action}"]`) })
      if (await menu.count()) await menu.locator('summary').click()
      await form.locator('button[type="submit"]').first().click()
      await form.and(page.locator('form', { has: saved(page) })).waitFor()
      t.ok(await saved(page).isVisible(), action)
      await page.reload()
      t.equal(await saved(page).count(), 0, 'and only once')
    }
  })
}

function saved(page: Page) {
  return page.getByRole('status').filter({ hasText: /^Saved\.$/ })
}
