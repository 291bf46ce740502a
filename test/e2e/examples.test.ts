import type { Page } from 'playwright-core'
import t from 'tap'
import { list } from '../../examples/list.ts'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'

/** For each example, what one person does and the other sees, after both have opened it from the list. */
type Tried = (hers: Page, his: Page) => Promise<unknown>

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first()

const tried: Record<string, Tried> = {
  async poll(hers, his) {
    await hers.getByLabel('Question').fill('Cake?')
    await hers.getByLabel('Options').fill('yes\nno')
    await button(hers, 'Ask').click()
    await hers.getByRole('heading', { name: 'Cake?' }).waitFor()
    await his.reload()
    await his.getByRole('link', { name: 'Cake?' }).click()
    await his.getByRole('radio', { name: 'no' }).check()
    await button(his, 'Vote').click()
    await hers.locator('output', { hasText: '1' }).waitFor()
  },

  async cursors(hers, his) {
    await his.locator('#field').hover({ position: { x: 100, y: 100 } })
    await hers.locator('#field text', { hasText: 'bob' }).waitFor()
  },

  async 'connect-four'(hers, his) {
    await button(his, 'Drop into column 4').click()
    await hers.getByText('with yellow').waitFor()
    await hers.getByRole('img', { name: 'Column 4: red.' }).waitFor()
    await button(hers, 'Drop into column 4').click()
    await his.getByRole('img', { name: 'Column 4: red, yellow.' }).waitFor()
    await his.getByText('Next is bob').waitFor()
  },

  async ticker(hers, his) {
    for (const page of [hers, his]) {
      const price = page.locator('[data-price]').first()
      const before = await price.innerText()
      await eventually('a price changes', async () => (await price.innerText()) !== before)
    }
    await button(his, 'Pause').click()
    await his.locator('#pause[aria-pressed="true"]').waitFor()
  },

  async questions(hers, his) {
    await hers.getByLabel('Your question').fill('Why?')
    await button(hers, 'Ask').click()
    await his.getByText('Why?').waitFor()
    await button(his, 'Vote 0').click()
    await button(hers, 'Vote 1').waitFor()
    await his.locator('button[aria-pressed="true"]', { hasText: 'Vote 1' }).waitFor()
  },

  async notes(hers, his) {
    const [hersFirst, hisFirst] = [hers, his].map((page) => page.getByRole('textbox').first())
    await hisFirst?.fill('Bring tea')
    await hers.getByText('Being edited by bob.').waitFor()
    await eventually('she reads it', async () => (await hersFirst?.inputValue()) === 'Bring tea')
    await hers.getByText('Last changed by bob.').waitFor()
  },

  async support(hers, his) {
    await hers.getByRole('link', { name: 'All chats' }).click()
    await hers.getByRole('heading', { name: 'Support' }).waitFor()
    await his.getByRole('textbox', { name: 'Message' }).fill('Where is the exit?')
    await button(his, 'Send').click()
    await hers.getByRole('link', { name: 'Chat 1' }).click()
    await hers.getByText('Where is the exit?').waitFor()
    await hers.getByRole('textbox', { name: 'Message' }).fill('Behind you.')
    await button(hers, 'Send').click()
    for (const page of [hers, his]) await page.getByText('Behind you.').waitFor()
  },
}

t.test('two people can use each example from /examples', inBrowser, async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(ada, 'Party')
  await bob.get(`/rooms/${room}`)
  // Colours are checked without transitions.
  const contexts = [ada, bob].map((person) => openBrowser(t, person, { reducedMotion: 'reduce' }))
  const pages = await Promise.all(contexts.map(async (context) => (await context).newPage()))
  const [hers, his] = pages
  if (!hers || !his) throw new Error('there are two pages')

  for (const { name, title } of list) {
    t.test(title, async (t) => {
      for (const page of pages) {
        await page.goto(`/examples?room=${room}`)
        await page.getByRole('link', { name: title, exact: true }).click()
      }
      await tried[name]?.(hers, his)
      t.same(await axeFindings(hers), [])
      await hers.setViewportSize({ width: 360, height: 740 })
      t.same(await axeFindings(hers), [], 'on a phone')
      t.notOk(await overflows(hers))
      await hers.setViewportSize({ width: 1280, height: 800 })
    })
  }

  t.test('every example is tried here', async (t) => {
    t.same(
      Object.keys(tried),
      list.map(({ name }) => name),
    )
    await hers.goto('/examples')
    t.same(await axeFindings(hers), [])
  })
})
