import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { calculateAll, fillSheet, openSheet } from '../support/calculator.ts'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'

// One server for all tests, since evaluators take long to start. Every test has its own people and rooms.
const server = await startServer(t, { RATE_LIMIT: '0' })

t.test('on a phone, an error has the whole width of its line', inBrowser, async (t) => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
  const ada = await SheetPage.open(t, await server.person('juno'), phone)
  await ada.calculate('1000000 * 3')
  await ada.showsJust(['3,000,000'])

  await ada.line('1000000 * 3').locator('.expression').tap()
  await ada.page.locator('.line-editor input').fill('1000000 * qubits')
  const fault = ada.page.locator('.line-editor .fault', { hasText: 'qubits' })
  await fault.waitFor()

  const [shown, line] = await Promise.all(
    [fault, ada.page.locator('.line.editing')].map((one) => one.boundingBox()),
  )
  t.ok((shown?.width ?? 0) > (line?.width ?? 0) * 0.75)
  t.notOk(await overflows(ada.page))
})

t.test('undoing several edits shows one notice and not one for each', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('una'))
  const { page } = ada
  for (const line of ['a = 1', 'b = 2', 'c = 3']) await ada.calculate(line)
  await ada.has(['a = 1', 'b = 2', 'c = 3'])
  await ada.edit('a = 1')
  await page.keyboard.press('Escape')
  for (let undone = 0; undone < 3; undone += 1) await page.keyboard.press('Control+z')
  const notice = page.locator('#notices p', { hasText: 'Undone' })
  await notice.first().waitFor()
  await ada.has([])
  t.ok((await notice.count()) <= 1)
})

t.test('in a low window, the button that keeps a line stays inside it', inBrowser, async (t) => {
  const viewport = { width: 640, height: 400 }
  const ada = await SheetPage.open(t, await server.person('low'), { viewport })
  const [button, line] = await Promise.all(
    ['.calculate .keep', '.calculate.line'].map((part) => ada.page.locator(part).boundingBox()),
  )
  t.ok((button?.y ?? 0) > (line?.y ?? 0), `${button?.y} below ${line?.y}`)
})

t.test('a sheet of 1,100 lines opens whole, and handles a key quickly', inBrowser, async (t) => {
  const maker = await server.person('xena')
  const room = await newRoom(maker, 'Long')
  const expressions = Array.from({ length: 1_100 }, (_, index) => `n${index % 400} = ${index}`)
  await openSheet(maker, room)
  await fillSheet(server.app, room, 'xena', expressions)
  const ada = await SheetPage.open(t, maker, { room })
  await eventually('all lines', async () => (await ada.page.locator('.line[data-seq]').count()) === 1_100)
  t.same(await ada.lines(), expressions)
  await ada.edit('n3 = 3')
  const longest = await ada.editor.evaluate((input: HTMLInputElement) => {
    const times: number[] = []
    for (let key = 0; key < 20; key += 1) {
      const began = performance.now()
      input.setRangeText('1', input.value.length, input.value.length, 'end')
      input.dispatchEvent(new Event('input', { bubbles: true }))
      times.push(performance.now() - began)
    }
    return Math.max(...times)
  })
  t.ok(longest < 50, `the slowest of twenty keys took ${Math.round(longest)} ms`)
})

t.test('changes made while a long sheet is loading are not lost', inBrowser, async (t) => {
  const maker = await server.person('zora')
  const room = await newRoom(maker, 'Fetched')
  const socket = await openSheet(maker, room)
  const expressions = Array.from({ length: 1_100 }, (_, index) => `${index}`)
  await fillSheet(server.app, room, 'zora', expressions)
  const ada = new SheetPage(await (await openBrowser(t, maker)).newPage())
  let fetched = 0
  await ada.page.route(`**/api/sheets/${room}?after=*`, async (route) => {
    fetched += 1
    const response = await route.fetch()
    socket.send({ type: 'set', seq: 1_050, expression: '7 * 7', base: 1_100, id: 'set' })
    socket.send({ type: 'remove', seq: 1_060, base: 1_100, id: 'remove' })
    socket.send({ type: 'insert', expression: '8 * 8', before: null, id: 'insert' })
    socket.send({ type: 'set', seq: 1, expression: '9 * 9', base: 1_100, id: 'seen' })
    await ada.line('9 * 9').waitFor()
    t.equal(await ada.page.locator('.line[data-seq]').count(), 1_000)
    await route.fulfill({ response })
  })
  await ada.page.goto(`/rooms/${room}/calculator`)
  await ada.line('8 * 8').waitFor()
  t.equal(fetched, 1)
  const changed = expressions.with(0, '9 * 9').with(1_049, '7 * 7').toSpliced(1_059, 1)
  t.same(await ada.lines(), [...changed, '8 * 8'])
})

t.test('at high zoom, the lines have at least half of the screen', inBrowser, async (t) => {
  const visitor = await server.person('yann')
  await calculateAll(
    await openSheet(visitor),
    Array.from({ length: 20 }, (_, index) => `${index} + 1`),
  )
  const ada = await SheetPage.open(t, visitor, { viewport: { width: 320, height: 200 } })
  const { top, bottom } = await ada.page
    .locator('#scroll')
    .evaluate((element) => element.getBoundingClientRect().toJSON() as { top: number; bottom: number })
  const composer = await ada.input.evaluate(
    (element) => getComputedStyle(element.closest('form') ?? element).position,
  )
  t.ok(bottom - top >= 100, `${bottom - top} of 200 pixels`)
  t.not(composer, 'sticky', 'and none of it is covered')
})

t.test('axe finds nothing on a sheet, which is never wider than its window', inBrowser, async (t) => {
  const maker = await server.person('abcdefghijklmnopqrstuvwxyz-01234')
  const room = await newRoom(maker, 'M'.repeat(80))
  const empty = await SheetPage.open(t, maker, { reducedMotion: 'reduce' })
  await check(t, empty.page, 'an empty sheet')

  const long = ['2^210', '1:300', 'f(n) = n^2', '[1,2;3,4] / 7', `${'(1+2)*3+'.repeat(60)}1`, '1'.repeat(60)]
  await calculateAll(await openSheet(maker, room), long)
  const full = await SheetPage.open(t, maker, { room, reducedMotion: 'reduce' })
  await full.input.fill('2^213')
  await full.previews('about 1')
  await check(t, full.page, 'long lines')
  await full.calculate(`${'(1+2)*3+'.repeat(30)}(`)
  await full.page.locator('#caret').waitFor()
  await check(t, full.page, 'a mistake')

  await full.page.emulateMedia({ media: 'print' })
  t.equal(
    await full.page.locator('.line[data-seq] .value:visible').count(),
    long.length,
    'on paper: its lines',
  )
  for (const part of ['.top', '.side', '.calculate', '.line .copy', '.line .more', '.sheet-menu'])
    t.equal(await full.page.locator(`${part}:visible`).count(), 0, `on paper: no ${part}`)
  const paper = await full.page
    .locator('#scroll')
    .evaluate((scroll) => scroll.scrollHeight - scroll.clientHeight)
  t.equal(paper, 0, 'on paper: none of it is scrolled away')
})

t.test('the budget that docs/budget.png shows', inBrowser, async (t) => {
  const [mira, oskar] = [await server.person('mira'), await server.person('oskar')]
  for (const name of ['Field trip', 'Library desk']) await newRoom(mira, name)
  const room = await newRoom(mira, 'Shared flat')
  const [hers, his] = [await openSheet(mira, room), await openSheet(oskar, room)]
  await calculateAll(hers, ['# Every month', 'rent = 1250', 'Internet: 39.99', 'power = 84.50'])
  await calculateAll(his, ['Food: 3 * 145', '// the piano is paid off in May', 'piano = 62.30', 'total'])
  await calculateAll(hers, ['# Who pays what', 'costs = rent + 39.99 + power + 435 + piano', 'people = 3'])
  await calculateAll(his, ['each = costs / people', 'each * 12'])
  const sheet = await SheetPage.open(t, mira, { room, viewport: { width: 1200, height: 700 } })
  const other = await SheetPage.open(t, oskar, { room })
  await sheet.page.getByText('2 here').waitFor()

  await other.edit('rent = 1250')
  for (let digit = 0; digit < 3; digit += 1) await other.page.keyboard.press('Backspace')
  await other.page.keyboard.type('350')
  await sheet.shows('each * 12', '7,887.16')
  await picture(sheet.page, 'budget.png')
})

t.test('the exercise that docs/physics.png shows', inBrowser, async (t) => {
  const noor = await server.person('noor')
  const lines = ['# A ball is thrown', 'mass = 145 g', 'v = 40 m/s', 'angle = 35°', 'g = 9.81 m/s^2']
  const asked = [
    '# How far, and how hard',
    'time = 2 v sin(angle) / g',
    'v cos(angle) time',
    'mass v^2 / 2 to J',
  ]
  await calculateAll(await openSheet(noor), [...lines, ...asked, 'f(x) = x^2 - 2', 'f(√2 + 1)'])
  const sheet = await SheetPage.open(t, noor, { viewport: { width: 1200, height: 620 } })
  await sheet.edit('angle = 35°')
  await sheet.editor.press('Home')
  await sheet.page.getByRole('button', { name: 'Rename (F2)' }).waitFor()
  t.equal((await sheet.values()).length, 9)
  await picture(sheet.page, 'physics.png')
})

/** Takes a picture for the documentation if that is asked for. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS !== '1') return
  await page.screenshot({ path: join(import.meta.dirname, '../../docs', name), caret: 'hide' })
}

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
