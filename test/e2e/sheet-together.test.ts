import t from 'tap'
import { eventually, inBrowser } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'

/** Resolves when the focus is in a line or in the field for new ones, and not back at the top of the page. */
const focusIn = (sheet: SheetPage, selector: string) =>
  eventually(`the focus in ${selector}`, () =>
    sheet.page.evaluate((selector) => document.activeElement?.matches(selector) === true, selector),
  )

t.test('two people in one sheet', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [owner, guest] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(owner, 'Budget')
  const ada = await SheetPage.open(t, owner, { room })
  for (const line of ['rent = 1200', 'food = 300', 'rent + food']) await ada.calculate(line)
  const bob = await SheetPage.open(t, guest, { room })
  await bob.has(['rent = 1200', 'food = 300', 'rent + food'])

  await t.test('a person sees while typing that the other has changed the line', async (t) => {
    await bob.edit('rent = 1200')
    await bob.page.keyboard.type('0')
    await ada.edit('rent = 1200')
    await ada.page.keyboard.press('Backspace')
    await ada.page.keyboard.type('5')
    await ada.page.keyboard.press('Enter')
    const notice = bob.page.locator('.line-editor').getByText('ada changed this line to: rent = 1205')
    await notice.waitFor()
    await bob.page.keyboard.type('0')
    await bob.line('rent = 1205').locator('.written-value').getByText('120,000', { exact: true }).waitFor()
    t.ok(await notice.isVisible(), 'even after the value of the typed text has arrived')
    await ada.page.keyboard.press('Escape')
  })

  await t.test('after choosing between two versions, a person can go on in that line', async () => {
    await bob.page.keyboard.press('Enter')
    const versions = bob.page.getByRole('group', { name: 'Two versions of this line' })
    await versions.getByRole('button', { name: 'Keep theirs' }).press('Enter')
    await focusIn(bob, '#line-1')
    await versions.waitFor({ state: 'detached' })
    await bob.shows('rent = 1205', '1,205')
    await bob.page.keyboard.press('ArrowDown')
    await focusIn(bob, '#line-2')
  })

  await t.test('a person keeps their place when the other removes the line that they are at', async (t) => {
    await ada.line('food = 300').locator('.text').click()
    await ada.page.keyboard.press('Escape')
    await ada.page.keyboard.press('Delete')
    await bob.has(['rent = 1205', 'rent + food'])
    await focusIn(bob, '#line-3')

    await bob.page.keyboard.press('Enter')
    await bob.page.keyboard.type(' + 1')
    await ada.page.keyboard.press('Delete')
    const versions = bob.page.getByRole('group', { name: 'Two versions of this line' })
    await versions.getByText('rent + food + 1').waitFor()
    await focusIn(bob, '#expression')
    await versions.getByRole('button', { name: 'Restore mine' }).press('Enter')
    await bob.has(['rent = 1205', 'rent + food + 1'])
    await focusIn(bob, '#expression')
    t.equal(await bob.input.inputValue(), '')
  })
})
