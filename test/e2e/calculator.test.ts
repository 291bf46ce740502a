import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, OUTAGE, openBrowser, overflows } from '../support/browser.ts'
import { calculateAll, openSheet } from '../support/calculator.ts'
import { newRoom } from '../support/chat.ts'
import { Line } from '../support/line.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'
import { Visitor } from '../support/visitor.ts'

// One server for all, since evaluators take long to start: every test has people and rooms of its own.
const server = await startServer(t, { RATE_LIMIT: '0' })

t.test('the value stands under the line before Enter, and Enter keeps it', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('ada'))

  await ada.input.pressSequentially('12*7')
  await ada.previews('= 84')
  t.same(await ada.values(), [], 'nothing is kept yet')
  await ada.input.press('Enter')
  await ada.showsJust(['84'])
  t.equal(await ada.input.inputValue(), '')
  await ada.page.locator('#preview:empty').waitFor({ state: 'attached' })
  await ada.calculate('ans / 2')
  await ada.showsJust(['84', '42'])
})

t.test(
  'half of an expression is no mistake while it is typed, and one after a pause',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('bea'))

    await ada.input.pressSequentially('2 + 3')
    await ada.previews('= 5')
    await ada.input.pressSequentially(' *')
    await ada.page.locator('#preview.wrong', { hasText: 'Something is missing at the end.' }).waitFor()
    await ada.input.pressSequentially(' 4')
    await ada.previews('= 14')
  },
)

t.test("two people see the same lines on a room's sheet, and who wrote them", inBrowser, async (t) => {
  const maker = await server.person('cleo')
  const room = await newRoom(maker, 'Statistics')
  const ada = await SheetPage.open(t, maker, { room })
  const bob = await SheetPage.open(t, await server.person('bob'), { room })

  await ada.calculate('x = 5')
  await bob.showsJust(['5'])
  await bob.calculate('x^2')
  await ada.showsJust(['5', '25'])
  await bob.showsJust(['5', '25'])

  t.same(await ada.page.locator('.line[data-seq] .sender').allTextContents(), ['cleo', 'bob'])
  await ada.page.getByText('2 here').waitFor()
  await bob.page.reload()
  await bob.showsJust(['5', '25'])
})

t.test("a room leads to its sheet, the sheet back, and every page to one's own", inBrowser, async (t) => {
  const page = await (await openBrowser(t, await server.person('dana'))).newPage()
  await page.goto('/rooms/lobby')
  await page.locator('.live-head').getByRole('link', { name: 'Calculator' }).click()
  await page.getByRole('heading', { name: 'Lobby · Calculator' }).waitFor()
  await page.getByRole('link', { name: 'Talk' }).click()
  await page.getByRole('textbox', { name: 'Message to Lobby' }).waitFor()
  await page.getByRole('navigation', { name: 'You' }).getByRole('link', { name: 'Calculator' }).click()
  await page.getByRole('heading', { name: 'Your calculator' }).waitFor()
})

t.test(
  '↑ and ↓ go through what one has calculated, and back to what one was typing',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('edith'))
    for (const expression of ['1 + 1', '2 + 2']) await ada.calculate(expression)
    await ada.showsJust(['2', '4'])

    await ada.input.fill('half')
    const seen: string[] = []
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown', 'ArrowDown']) {
      await ada.input.press(key)
      seen.push(await ada.input.inputValue())
    }
    t.same(seen, ['2 + 2', '1 + 1', '1 + 1', '2 + 2', 'half', 'half'])
    await ada.input.press('Escape')
    t.equal(await ada.input.inputValue(), '')
  },
)

t.test(
  'a click on a value puts it where the caret is; an example is put in the line',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('faye'))
    await ada.page.getByRole('button', { name: '200 + 10%' }).click()
    await ada.previews('= 220')
    await ada.input.press('Enter')
    await ada.showsJust(['220'])

    await ada.input.fill('2 * ')
    await ada.page.locator('.value', { hasText: '220' }).click()
    await ada.previews('= 440')
    t.equal(await ada.input.inputValue(), '2 * 220')
  },
)

t.test("functions, units and the sheet's names are suggested while one types", inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('fay'))
  const options = ada.page.getByRole('option')

  await ada.calculate('rate = 5')
  await ada.input.pressSequentially('2 ra')
  await options.first().getByText('rate = 5').waitFor()
  await ada.input.press('ArrowDown')
  await ada.page.getByRole('option', { name: /^rate/, selected: true }).waitFor()
  await ada.input.press('Enter')
  t.equal(await ada.input.inputValue(), '2 rate', 'Enter takes what the arrows lead to')
  await ada.previews('= 10')
  await ada.input.press('Escape')
  t.equal(await ada.input.inputValue(), '', 'with the list closed, Escape empties the line as ever')

  await ada.input.pressSequentially('sqr')
  await options.first().getByText('The square root').waitFor()
  await ada.input.press('Tab')
  t.equal(await ada.input.inputValue(), 'sqrt(', 'Tab takes the first')
  t.equal(await options.count(), 0)
  await ada.input.pressSequentially('16)')
  await ada.previews('= 4')
  await ada.input.press('Enter')
  await ada.showsJust(['5', '4'])

  await ada.input.pressSequentially('1 kilome')
  await options.first().waitFor({ state: 'hidden' })
  await ada.input.fill('1 mil')
  await ada.input.press('End')
  await options.first().waitFor()
  await ada.input.press('Escape')
  t.equal(await options.count(), 0, 'Escape closes the list')
  t.equal(await ada.input.inputValue(), '1 mil', 'and only that')
})

t.test('a page says what can be typed, on a phone too', inBrowser, async (t) => {
  const context = await openBrowser(t, await server.person('gil'), { viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  await page.goto('/calculator')
  await page.getByRole('link', { name: 'What can I type?' }).first().click()
  await page.getByRole('heading', { name: 'What can I type?' }).waitFor()
  await page.getByText('nthRoot(x, n)').waitFor()
  t.notOk(await overflows(page), 'it is not wider than its window')
  t.same(await axeFindings(page), [])
})

t.test('Copy gives the full value, and says that it did', inBrowser, async (t) => {
  const permissions = ['clipboard-read', 'clipboard-write']
  const ada = await SheetPage.open(t, await server.person('grace'), { permissions })
  const copied = async (expression: string): Promise<string> => {
    const before = (await ada.values()).length
    await ada.calculate(expression)
    await eventually('the line', async () => (await ada.values()).length > before)
    await ada.page.getByRole('button', { name: 'Copy' }).last().click()
    await ada.page.getByRole('button', { name: 'Copied' }).last().waitFor()
    return ada.page.evaluate(() => navigator.clipboard.readText())
  }
  t.equal(await copied('2^100'), '1267650600228229401496703205376')
  t.equal(await copied('1/3'), '0.3333333333333333')
  t.equal(await copied('[1,2;3,4]'), '[[1, 2], [3, 4]]')
  t.equal(await ada.page.locator('#spoken').textContent(), 'Copied')
})

t.test('what is wrong is given back, with a caret under the character', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('hedy'))

  await ada.calculate('1 +* 2')
  await ada.fault.getByText('A value is missing before *.').waitFor()
  t.equal(await ada.input.inputValue(), '1 +* 2')
  t.equal(await ada.input.getAttribute('aria-invalid'), 'true')
  t.equal(await ada.page.locator('#caret').textContent(), '1 +* 2')
  t.equal(await ada.page.locator('#caret mark').textContent(), '*')
  t.equal(await ada.input.evaluate((input: HTMLInputElement) => input.selectionStart), 3)
  t.equal(await ada.page.locator('.line').count(), 0)

  await ada.input.press('Delete')
  t.equal(await ada.input.inputValue(), '1 + 2', 'the caret of the line stands there, too')
  await ada.previews('= 3')
  t.equal(await ada.fault.textContent(), '')
})

t.test('lines written while the line is down wait, and are kept when it is back', inBrowser, async (t) => {
  const line = await Line.open(t, server.address)
  const visitor = new Visitor(line.address)
  for (const [name, value] of (await server.person('ida')).cookies) visitor.cookies.set(name, value)
  const ada = await SheetPage.open(t, visitor, { expected: OUTAGE })

  line.cut()
  await ada.page.locator('#banner').getByText('The line is lost.').waitFor()
  for (const expression of ['x = 4', 'x + 1', 'x * 2']) await ada.calculate(expression)
  t.equal(await ada.page.locator('.line.pending').count(), 3)
  line.mend()

  await ada.showsJust(['4', '5', '8'])
  await ada.page.locator('#banner-line').waitFor({ state: 'hidden' })
  await ada.page.reload()
  await ada.showsJust(['4', '5', '8'])
})

t.test('a line is read out once, with its value', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('joan'))
  await ada.page.evaluate(() => {
    const log = document.querySelector('[role=log]')
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (node instanceof HTMLElement && node.ariaHidden !== 'true')
          document.body.dataset.read = `${document.body.dataset.read ?? ''}|${node.innerText.replace(/\s+/g, ' ')}`
      }
    }).observe(log ?? document.body, { childList: true })
  })
  await ada.calculate('12*7')
  await ada.showsJust(['84'])
  t.match(await ada.page.evaluate(() => document.body.dataset.read), /^\|12\*7 = 84 Copy[^|]*$/)
})

t.test('an expression that is too long is refused in plain words as it is typed', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('kay'))
  const expression = `1${'+1'.repeat(500)}`
  await ada.calculate(expression)
  await ada.fault.getByText('An expression has at most 1,000 characters.').waitFor()
  t.equal(await ada.input.inputValue(), expression)
  await ada.calculate('12*7')
  await ada.showsJust(['84'])
  t.equal(await ada.fault.textContent(), '')
})

t.test('without JavaScript one calculates by form', inBrowser, async (t) => {
  const visitor = await server.person('lise')
  const context = await openBrowser(t, visitor, { javaScriptEnabled: false, expected: /status of 400/ })
  const page = await context.newPage()
  await page.goto('/rooms/lobby/calculator')
  await page.getByLabel('Expression').fill('12*7')
  await page.getByRole('button', { name: 'Keep this line' }).click()
  await page.locator('.value', { hasText: '84' }).waitFor()
  await page.getByLabel('Expression').fill('12 * (7')
  await page.getByRole('button', { name: 'Keep this line' }).click()
  await page.getByText('A closing parenthesis is missing.').waitFor()
  t.equal(await page.getByLabel('Expression').inputValue(), '12 * (7')
})

t.test('axe finds nothing on a sheet, and it is never wider than its window', inBrowser, async (t) => {
  const maker = await server.person('abcdefghijklmnopqrstuvwxyz-01234')
  const room = await newRoom(maker, 'M'.repeat(80))
  const empty = await SheetPage.open(t, maker, { reducedMotion: 'reduce' })
  await check(t, empty.page, 'an empty sheet')

  const long = ['2^210', '1:300', 'f(n) = n^2', '[1,2;3,4] / 7', `${'(1+2)*3+'.repeat(60)}1`, '1'.repeat(60)]
  await calculateAll(await openSheet(maker, room), long)
  const full = await SheetPage.open(t, maker, { room, reducedMotion: 'reduce' })
  await full.input.fill('2^213')
  await full.previews('≈ 1')
  await check(t, full.page, 'long lines')
  await full.calculate(`${'(1+2)*3+'.repeat(30)}(`)
  await full.page.locator('#caret').waitFor()
  await check(t, full.page, 'a mistake')
})

t.test('a sheet as it is shown in docs/calculator.png', inBrowser, async (t) => {
  const [mira, oskar] = [await server.person('mira'), await server.person('oskar')]
  for (const name of ['Field trip', 'Library desk']) await newRoom(mira, name)
  const room = await newRoom(mira, 'Statistics, group B')
  const [hers, his] = [await openSheet(mira, room), await openSheet(oskar, room)]
  await calculateAll(hers, ['heights = [162, 171, 158, 180, 169]', 'mean(heights)'])
  await calculateAll(his, ['std(heights)', '6 ft to cm'])
  await calculateAll(hers, ['z(x) = (x - mean(heights)) / std(heights)'])
  await calculateAll(his, ['z(180)'])

  const sheet = await SheetPage.open(t, mira, { room })
  await sheet.page.getByText('2 here').waitFor()
  await sheet.input.pressSequentially('z(182.88)')
  await sheet.previews('≈ 1.')
  t.equal((await sheet.values()).length, 6)
  const path = join(import.meta.dirname, '../../docs/calculator.png')
  if (process.env.SCREENSHOTS === '1') await sheet.page.screenshot({ path, caret: 'hide' })
})

async function check(t: Test, page: Page, what: string): Promise<void> {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      t.same(await axeFindings(page), [], `${what}: ${colorScheme}, ${width} pixels wide`)
    }
  }
  for (const width of [1280, 360, 320]) {
    await page.setViewportSize({ width, height: 568 })
    t.notOk(await overflows(page), `${what}: ${width} pixels`)
    const scroll = page.locator('#scroll')
    t.notOk(
      await scroll.evaluate((element) => element.scrollWidth > element.clientWidth),
      `${what}: its lines`,
    )
  }
}
