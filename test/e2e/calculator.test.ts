import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, OUTAGE, openBrowser, overflows } from '../support/browser.ts'
import { calculateAll, fillSheet, openSheet } from '../support/calculator.ts'
import { newRoom } from '../support/chat.ts'
import { Line } from '../support/line.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'
import { Visitor } from '../support/visitor.ts'

// One server for all tests, since evaluators take long to start. Every test has its own people and rooms.
const server = await startServer(t, { RATE_LIMIT: '0' })

t.test('the value is shown beside the line while typing, and Enter keeps it', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('ada'))

  await ada.input.pressSequentially('12*7')
  await ada.previews('84')
  t.same(await ada.values(), [], 'nothing is kept yet')
  await ada.input.press('Enter')
  await ada.showsJust(['84'])
  t.equal(await ada.input.inputValue(), '')
  await ada.page.locator('#preview:empty').waitFor({ state: 'attached' })
  await ada.calculate('ans / 2')
  await ada.showsJust(['84', '42'])
})

t.test('half an expression is not an error while typing, but one after a pause', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('bea'))

  await ada.input.pressSequentially('2 + 3')
  await ada.previews('5')
  await ada.input.pressSequentially(' *')
  t.equal(await ada.fault.textContent(), '', 'nothing is shown at once')
  await ada.fault.getByText('Something is missing at the end.').waitFor()
  await ada.input.pressSequentially(' 4')
  await ada.previews('14')
})

t.test('two people see the same lines on a room’s sheet, and who wrote them', inBrowser, async (t) => {
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

t.test(
  'a room links to its sheet and back, and every page links to the personal one',
  inBrowser,
  async (t) => {
    const page = await (await openBrowser(t, await server.person('dana'))).newPage()
    await page.goto('/rooms/lobby')
    await page.locator('.live-head').getByRole('link', { name: 'Calculator' }).click()
    await page.getByRole('heading', { name: 'Lobby · Calculator' }).waitFor()
    await page.getByRole('link', { name: 'Chat' }).click()
    await page.getByRole('textbox', { name: 'Message to Lobby' }).waitFor()
    await page.getByRole('navigation', { name: 'You' }).getByRole('link', { name: 'Calculator' }).click()
    await page.getByRole('heading', { name: 'Your calculator' }).waitFor()
  },
)

t.test('↑ and ↓ go through earlier lines, and back to the one that is being typed', inBrowser, async (t) => {
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
})

t.test(
  'a click on a value inserts it at the caret, and a click on an example fills the line',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('faye'))
    await ada.page.getByRole('button', { name: '200 + 10%' }).click()
    await ada.previews('220')
    await ada.input.press('Enter')
    await ada.showsJust(['220'])

    await ada.input.fill('2 * ')
    await ada.page.locator('.value', { hasText: '220' }).click()
    await ada.previews('440')
    t.equal(await ada.input.inputValue(), '2 * line1', 'as a reference, so that it follows changes')
  },
)

t.test('functions, units and names of the sheet are suggested while typing', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('fay'))
  const options = ada.page.getByRole('option')

  await ada.calculate('rate = 5')
  await ada.input.pressSequentially('2 ra')
  await options.first().getByText('rate = 5').waitFor()
  await ada.input.press('ArrowDown')
  await ada.page.getByRole('option', { name: /^rate/, selected: true }).waitFor()
  await ada.input.press('Enter')
  t.equal(await ada.input.inputValue(), '2 rate', 'Enter accepts the option chosen with the arrows')
  await ada.previews('10')
  await ada.input.press('Escape')
  t.equal(await ada.input.inputValue(), '', 'with the list closed, Escape empties the line as usual')

  await ada.input.pressSequentially('sqr')
  await options.first().getByText('The square root').waitFor()
  await ada.input.press('Tab')
  t.equal(await ada.input.inputValue(), 'sqrt(', 'Tab accepts the first option')
  t.equal(await options.count(), 0)
  await ada.input.pressSequentially('16)')
  await ada.previews('4')
  await ada.input.press('Enter')
  await ada.showsJust(['5', '4'])

  await ada.input.pressSequentially('1 kilome')
  await options.first().waitFor({ state: 'hidden' })
  await ada.input.fill('1 mil')
  await ada.input.press('End')
  await options.first().waitFor()
  await ada.input.press('Escape')
  t.equal(await options.count(), 0, 'Escape closes the list')
  t.equal(await ada.input.inputValue(), '1 mil', 'and nothing else')
})

t.test('a page lists what can be typed, on a phone too', inBrowser, async (t) => {
  const context = await openBrowser(t, await server.person('gil'), { viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  await page.goto('/calculator')
  await page.getByRole('link', { name: 'What can I type?' }).first().click()
  await page.getByRole('heading', { name: 'What can I type?' }).waitFor()
  await page.getByText('nthRoot(x, n)').waitFor()
  t.notOk(await overflows(page), 'it is not wider than its window')
  t.same(await axeFindings(page), [])
})

t.test('Copy copies the full value, and confirms it', inBrowser, async (t) => {
  const permissions = ['clipboard-read', 'clipboard-write']
  const ada = await SheetPage.open(t, await server.person('grace'), { permissions, locale: 'de-DE' })
  const copied = async (expression: string): Promise<string> => {
    const before = (await ada.values()).length
    await ada.calculate(expression)
    await eventually('the line', async () => (await ada.values()).length > before)
    await ada.page.getByRole('button', { name: 'Copy' }).last().click()
    await ada.page.getByRole('button', { name: 'Copied' }).last().waitFor()
    return ada.page.evaluate(() => navigator.clipboard.readText())
  }
  t.equal(await copied('2^100'), '1267650600228229401496703205376')
  t.same(await ada.values(), ['1.267.650.600.228.229.401.496.703.205.376'], 'in the notation of the reader')
  t.equal(await copied('1/3'), '0.3333333333333333')
  t.equal(await copied('[1,2;3,4]'), '[[1, 2], [3, 4]]')
  t.equal(await ada.page.locator('#spoken').textContent(), 'Copied')

  const line = ada.line('2^100')
  const copy = line.locator('.copy')
  const isSeen = () => copy.evaluate((button) => getComputedStyle(button).opacity === '1')
  await ada.page.mouse.move(0, 0)
  t.notOk(await isSeen(), 'there is no button on a line that nobody is at')
  await line.hover()
  t.ok(await isSeen())
  await ada.page.mouse.move(0, 0)
  await line.focus()
  t.ok(await isSeen())
})

t.test('on a phone, a long press on a line shows Copy', inBrowser, async (t) => {
  const permissions = ['clipboard-read', 'clipboard-write']
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, permissions }
  const ada = await SheetPage.open(t, await server.person('gwen'), phone)
  await ada.calculate('6 * 7')
  await ada.showsJust(['42'])
  t.notOk(await ada.line('6 * 7').locator('.copy').isVisible())
  const finger = await ada.page.context().newCDPSession(ada.page)
  const { x, y } = await ada
    .line('6 * 7')
    .locator('.text')
    .evaluate((text) => text.getBoundingClientRect().toJSON() as { x: number; y: number })
  const touchPoints = [{ x: x + 10, y: y + 10 }]
  await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  const item = ada.page.getByRole('menuitem', { name: 'Copy value' })
  await item.waitFor()
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await item.tap()
  await ada.page.locator('#notices').getByText('Copied').waitFor()
  t.equal(await ada.page.evaluate(() => navigator.clipboard.readText()), '42')
})

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

t.test('in a low window, the button that keeps a line stays inside it', inBrowser, async (t) => {
  const viewport = { width: 640, height: 400 }
  const ada = await SheetPage.open(t, await server.person('low'), { viewport })
  const [button, line] = await Promise.all(
    ['.calculate .keep', '.calculate.line'].map((part) => ada.page.locator(part).boundingBox()),
  )
  t.ok((button?.y ?? 0) > (line?.y ?? 0), `${button?.y} below ${line?.y}`)
})

t.test('an error stays until something else is typed in the line', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('jean'))
  await ada.calculate('rent = 3')
  await ada.showsJust(['3'])
  const field = ada.page.locator('.line-editor input')
  const fault = ada.page.locator('#line-fault')
  await ada.line('rent = 3').locator('.expression').click()
  await field.fill('rent = qubits * 2')
  await field.press('Enter')
  const stored = ada.page.locator('.line > .fault', { hasText: 'qubits' })
  await stored.waitFor()

  await field.press('Escape')
  await ada.line('rent = qubits * 2').locator('.expression').click()
  t.equal(await fault.textContent(), await stored.textContent())
  t.ok(await fault.isVisible())
  t.equal(await field.getAttribute('aria-invalid'), 'true')
  await field.fill('rent = 4')
  await fault.waitFor({ state: 'hidden' })
  t.equal(await field.getAttribute('aria-invalid'), null)
  await field.fill('rent = qubits * 2')
  t.equal(await fault.textContent(), await stored.textContent(), 'as it was before')
})

t.test('a wrong expression is given back, with a caret below the error', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('hedy'))

  await ada.calculate('1 +* 2')
  await ada.fault.getByText('A value is missing before *.').waitFor()
  t.equal(await ada.input.inputValue(), '1 +* 2')
  t.equal(await ada.input.getAttribute('aria-invalid'), 'true')
  t.equal(await ada.page.locator('#caret').textContent(), '   ^')
  t.equal(await ada.input.evaluate((input: HTMLInputElement) => input.selectionStart), 3)
  t.equal(await ada.page.locator('.line[data-seq]').count(), 0)

  await ada.input.press('Delete')
  t.equal(await ada.input.inputValue(), '1 + 2', 'the caret of the line stands there, too')
  await ada.previews('3')
  t.equal(await ada.fault.textContent(), '')
})

t.test('lines written while disconnected wait, and are kept after reconnecting', inBrowser, async (t) => {
  const line = await Line.open(t, server.address)
  const visitor = new Visitor(line.address)
  for (const [name, value] of (await server.person('ida')).cookies) visitor.cookies.set(name, value)
  const ada = await SheetPage.open(t, visitor, { expected: OUTAGE })

  line.cut()
  await ada.page.locator('#banner').getByText('Connection lost.').waitFor()
  for (const expression of ['x = 4', 'x + 1', 'x * 2']) await ada.calculate(expression)
  t.equal(await ada.page.locator('.line.pending').count(), 3)
  line.mend()

  await ada.showsJust(['4', '5', '8'])
  await ada.page.locator('#banner-line').waitFor({ state: 'hidden' })
  await ada.page.reload()
  await ada.showsJust(['4', '5', '8'])
})

t.test('a screen reader announces the value of a line, and changes by others', inBrowser, async (t) => {
  const maker = await server.person('joan')
  const room = await newRoom(maker, 'Spoken')
  const ada = await SheetPage.open(t, maker, { room })
  const spoken = ada.page.locator('#spoken')
  await ada.calculate('x = 12*7')
  await spoken.getByText('equals 84', { exact: true }).waitFor()

  const bob = await openSheet(await server.person('jim'), room)
  await calculateAll(bob, ['x + 1'])
  await spoken.getByText('jim added x + 1, equals 85', { exact: true }).waitFor()
  t.equal(await ada.page.locator('[role=log], #timeline [aria-live]').count(), 0, 'and no log of everything')
})

t.test('an expression that is too long is refused in plain words while typing', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('kay'))
  const expression = `1${'+1'.repeat(500)}`
  await ada.calculate(expression)
  await ada.fault.getByText('A line can have at most 1,000 characters.').waitFor()
  t.equal(await ada.input.inputValue(), expression)
  await ada.calculate('12*7')
  await ada.showsJust(['84'])
  t.equal(await ada.fault.textContent(), '')
})

t.test('without JavaScript, lines are added, changed, moved and removed with forms', inBrowser, async (t) => {
  const visitor = await server.person('lise')
  const context = await openBrowser(t, visitor, { javaScriptEnabled: false, expected: /status of 400/ })
  const page = await context.newPage()
  const sheet = new SheetPage(page)
  const change = async (text: string) => {
    await sheet.line(text).getByRole('link', { name: 'Actions for this line' }).click()
    await page.getByRole('heading', { name: 'A line on your sheet' }).waitFor()
  }
  await page.goto('/calculator')
  for (const expression of ['rent = 1250', 'rent * 12']) {
    await sheet.input.fill(expression)
    await page.getByRole('button', { name: 'Keep this line' }).click()
    await sheet.line(expression).waitFor()
  }
  t.same(await sheet.values(), ['1,250', '15,000'])
  await sheet.input.fill('12 * (7')
  await page.getByRole('button', { name: 'Keep this line' }).click()
  await page.getByText('A closing parenthesis is missing.').waitFor()
  t.equal(await sheet.input.inputValue(), '12 * (7')

  await page.goto('/calculator')
  await change('rent = 1250')
  await page.getByLabel('Line', { exact: true }).fill('rent = 1350')
  await page.getByRole('button', { name: 'Save' }).click()
  await sheet.line('rent = 1350').waitFor()
  t.same(await sheet.values(), ['1,350', '16,200'], 'what depends on it follows')

  await change('rent * 12')
  await page.getByRole('button', { name: 'Move up' }).click()
  await sheet.line('rent * 12').waitFor()
  t.same(await sheet.lines(), ['rent * 12', 'rent = 1350'])

  await change('rent * 12')
  await calculateAll(await openSheet(visitor), ['1'])
  const elsewhere = new Visitor(server.address)
  for (const [name, value] of visitor.cookies) elsewhere.cookies.set(name, value)
  await elsewhere.post('/calculator/lines/2', { expression: 'rent * 6', base: '100' })
  await page.getByLabel('Line', { exact: true }).fill('rent * 24')
  await page.getByRole('button', { name: 'Save' }).click()
  const versions = page.getByRole('group', { name: 'Two versions of this line' })
  await versions.waitFor()
  t.match(await versions.textContent(), /Theirs\s+rent \* 6\s+Yours\s+rent \* 24/)
  await page.getByRole('button', { name: 'Save' }).click()
  await sheet.line('rent * 24').waitFor()

  await change('rent = 1350')
  await page.getByRole('button', { name: 'Remove this line' }).click()
  await sheet.line('rent * 24').waitFor()
  t.same(await sheet.lines(), ['rent * 24', '1'])
})

t.test('the typing of a blocked person is not shown on a sheet', inBrowser, async (t) => {
  const maker = await server.person('doro')
  const room = await newRoom(maker, 'Quiet')
  await calculateAll(await openSheet(maker, room), ['rent = 1250', 'rent * 12'])
  const reader = await server.person('dieter')
  const doro = await SheetPage.open(t, maker, { room })
  const dieter = await SheetPage.open(t, reader, { room })
  const third = await SheetPage.open(t, await server.person('dora'), { room })
  await doro.edit('rent = 1250')
  await doro.page.keyboard.type('0')
  await dieter.shows('rent * 12', '150,000')

  await reader.post('/people/doro/block', { on: 'on' })
  await dieter.page.locator('.draft').waitFor({ state: 'detached' })
  await dieter.shows('rent * 12', '15,000')
  await doro.page.keyboard.type('0')
  await third.shows('rent * 12', '1,500,000')
  // What one has received, the other has too, once the line is kept.
  await doro.page.keyboard.press('Enter')
  await dieter.has(['rent = 125000', 'rent * 12'])
  t.same(await dieter.values(), ['125,000', '1,500,000'], 'a value is the same for all')
  await dieter.page.reload()
  await dieter.page.locator('#live[data-blocked="doro"]').waitFor({ state: 'attached' })
  await dieter.live()

  await reader.post('/people/doro/block', {})
  await doro.edit('rent * 12')
  await doro.page.keyboard.type('0')
  await third.page.locator('.draft').waitFor()
  await doro.page.keyboard.type('0')
  await dieter.page.locator('.draft').waitFor()
})

t.test(
  'lines that depend on a line that is being typed change for everyone who is looking',
  inBrowser,
  async (t) => {
    const maker = await server.person('rosa')
    const room = await newRoom(maker, 'Housekeeper')
    await calculateAll(await openSheet(maker, room), [
      'rent = 1250',
      'power = 84.5',
      'costs = rent + power',
      'costs * 12',
    ])
    const ada = await SheetPage.open(t, maker, { room })
    const bob = await SheetPage.open(t, await server.person('ruben'), { room })

    await ada.edit('rent = 1250')
    for (let i = 0; i < 2; i += 1) await ada.page.keyboard.press('Backspace')
    await ada.page.keyboard.type('95')
    await ada.shows('costs * 12', '16,554')
    await bob.shows('costs * 12', '16,554')
    const draft = bob.line('rent = 1250').locator('.draft')
    t.equal((await draft.textContent())?.trim(), 'rosa rent = 1295', 'whose, and what')
    t.equal(await bob.page.locator('.draft-value').count(), 3, 'the line and those that depend on it')
    t.same(await bob.values(), ['1,250', '84.5', '1,334.5', '16,014'], 'nothing is kept')

    await ada.page.keyboard.press('Escape')
    await bob.page.locator('.draft').waitFor({ state: 'detached' })
    await bob.shows('costs * 12', '16,014')

    await ada.edit('rent = 1250')
    await ada.page.keyboard.press('Backspace')
    await ada.page.keyboard.press('Enter')
    await bob.has(['rent = 125', 'power = 84.5', 'costs = rent + power', 'costs * 12'])
    await ada.page.keyboard.type('heat = 40')
    await ada.page.keyboard.press('Enter')
    await bob.has(['rent = 125', 'heat = 40', 'power = 84.5', 'costs = rent + power', 'costs * 12'])
    t.same(await bob.values(), ['125', '40', '84.5', '209.5', '2,514'])
    await ada.page.keyboard.press('Escape')
    await ada.page.keyboard.press('Control+z')
    await ada.page.keyboard.press('Control+z')
    await bob.has(['rent = 1250', 'power = 84.5', 'costs = rent + power', 'costs * 12'])
    await ada.page.keyboard.press('Control+Shift+z')
    await bob.has(['rent = 125', 'power = 84.5', 'costs = rent + power', 'costs * 12'])

    await bob.page.setViewportSize({ width: 360, height: 740 })
    const name = bob.page.locator('h1 bdi')
    t.equal(
      await name.evaluate((text) => text.getClientRects().length),
      1,
      "a phone has room for the room's name",
    )
  },
)

t.test(
  'two people who change the same line see both texts, and one of them chooses',
  inBrowser,
  async (t) => {
    const maker = await server.person('sara')
    const room = await newRoom(maker, 'Conflict')
    await calculateAll(await openSheet(maker, room), ['rent = 1250', 'rent * 2'])
    const ada = await SheetPage.open(t, maker, { room })
    const bob = await SheetPage.open(t, await server.person('simon'), { room })

    for (const [sheet, digit] of [
      [ada, '1'],
      [bob, '2'],
    ] as const) {
      await sheet.edit('rent = 1250')
      await sheet.page.keyboard.type(digit)
    }
    await ada.page.keyboard.press('Enter')
    await bob.line('rent = 12501').waitFor()
    await bob.editor.press('Tab')
    const versions = bob.page.getByRole('group', { name: 'Two versions of this line' })
    await versions.waitFor()
    t.match(await versions.textContent(), /Theirs rent = 12501\s*Yours rent = 12502/)
    t.same(await ada.values(), ['12,501', '25,002'], 'what the first one wrote stands')
    t.same(await axeFindings(bob.page), [])
    await versions.getByRole('button', { name: 'Keep mine' }).press('Enter')
    await ada.has(['rent = 12502', 'rent * 2'])
    await bob.has(['rent = 12502', 'rent * 2'])
    t.equal(await versions.count(), 0)
  },
)

t.test('on a phone, both texts are scrolled into view, above the input', inBrowser, async (t) => {
  const maker = await server.person('sybil')
  const room = await newRoom(maker, 'Conflict on a phone')
  const lines = [...Array.from({ length: 8 }, (_, index) => `a${index} = ${index}`), 'rent = 1250']
  await calculateAll(await openSheet(maker, room), [...lines, '# Costs', '# Income'])
  const ada = await SheetPage.open(t, maker, { room })
  const viewport = { width: 360, height: 500 }
  const bob = await SheetPage.open(t, await server.person('steve'), { room, viewport })

  await ada.edit('rent = 1250')
  await bob.edit('rent = 1250')
  await ada.page.keyboard.type('1')
  await bob.page.keyboard.type('2')
  await ada.page.keyboard.press('Enter')
  await bob.line('rent = 12501').waitFor()
  await bob.editor.press('Tab')

  const choice = bob.page.getByRole('button', { name: 'Keep theirs' })
  await choice.waitFor()
  const top = await bob.page.locator('#calculate').evaluate((line) => line.getBoundingClientRect().top)
  t.ok(await choice.evaluate((button, top) => button.getBoundingClientRect().bottom <= top, top))
})

t.test(
  'with the keyboard alone, a person moves through, writes, moves, pastes and removes lines',
  inBrowser,
  async (t) => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const ada = await SheetPage.open(t, await server.person('tess'), { permissions })
    const { keyboard } = ada.page
    for (const expression of ['# Food', 'bread = 3', 'cheese = 8', 'sum']) await ada.calculate(expression)
    await ada.has(['# Food', 'bread = 3', 'cheese = 8', 'sum'])

    await ada.input.press('ArrowUp')
    t.equal(await ada.editor.inputValue(), 'sum')
    await keyboard.press('ArrowUp')
    t.equal(await ada.editor.inputValue(), 'cheese = 8')
    await keyboard.press('Alt+ArrowUp')
    await ada.has(['# Food', 'cheese = 8', 'bread = 3', 'sum'])
    t.equal(await ada.editor.inputValue(), 'cheese = 8', 'and one goes on writing in it')
    await keyboard.press('End')
    await keyboard.press('Backspace')
    await keyboard.type('9')
    await keyboard.press('Enter')
    await ada.shows('sum', '12')

    await ada.page.evaluate(() => navigator.clipboard.writeText('milk = 2\neggs = 4\r\nbutter = 5\n'))
    await keyboard.press('Control+v')
    await ada.has(['# Food', 'cheese = 9', 'milk = 2', 'eggs = 4', 'butter = 5', 'bread = 3', 'sum'])
    await ada.shows('sum', '23')
    await ada.line('sum').focus()
    await keyboard.press('Control+z')
    await ada.has(['# Food', 'cheese = 9', 'bread = 3', 'sum'])

    await ada.edit('cheese = 9')
    await keyboard.press('Control+a')
    await keyboard.press('Backspace')
    await keyboard.press('Backspace')
    await ada.has(['# Food', 'bread = 3', 'sum'])
    t.equal(await ada.editor.inputValue(), '# Food', 'the line above is written next')
    await keyboard.press('Tab')
    t.equal(await ada.editor.inputValue(), 'bread = 3', 'a line is one stop of the Tab key')
    await keyboard.press('Tab')
    t.equal(await ada.editor.inputValue(), 'sum')
    await keyboard.press('Escape')
    const stops = await ada.page
      .locator('.line[data-seq]')
      .evaluateAll((lines) =>
        lines.map(
          (line) =>
            [line, ...line.querySelectorAll<HTMLElement>('*')].filter(({ tabIndex }) => tabIndex >= 0).length,
        ),
      )
    t.same(stops, [1, 1, 1], 'whether or not it is written')
  },
)

t.test(
  'a name links to its definition, is renamed everywhere and chosen from a list',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('ursula'))
    const { keyboard } = ada.page
    for (const expression of ['rent = 1250', 'power = 80', 'rent * 12', 'line2 * 2'])
      await ada.calculate(expression)
    await ada.has(['rent = 1250', 'power = 80', 'rent * 12', 'line2 * 2'])
    const link = ada.line('line2 * 2').getByRole('link', { name: 'power' })
    t.equal(await link.textContent(), 'power', 'a reference is a link, and no number')
    const colours = (line: string) =>
      ada
        .line(line)
        .locator('.expression, .name')
        .evaluateAll((parts) => parts.map((part) => getComputedStyle(part).color))
    const [plain, name] = await colours('rent = 1250')
    t.not(name, plain)
    t.same(await colours('rent * 12'), [plain, name], 'a name has its colour wherever it stands')
    await ada.line('rent * 12').locator('.name').hover()
    await ada.line('rent = 1250').locator('.name.lit').waitFor()
    await ada
      .line('rent * 12')
      .locator('.name')
      .click({ modifiers: ['ControlOrMeta'] })
    await ada.page.locator('.line.found', { hasText: 'rent = 1250' }).waitFor()

    await ada.edit('rent * 12')
    await keyboard.press('Home')
    await ada.page.getByRole('button', { name: 'Definition (F12)' }).waitFor()
    await keyboard.press('F12')
    await ada.page.locator('.line.found', { hasText: 'rent = 1250' }).waitFor()
    await keyboard.press('F2')
    await ada.page.getByLabel('New name').fill('lease')
    await keyboard.press('Enter')
    await ada.has(['lease = 1250', 'power = 80', 'lease * 12', 'line2 * 2'])

    await ada.page.getByRole('button', { name: 'Names' }).click()
    t.same(await axeFindings(ada.page), [])
    await ada.page
      .getByRole('dialog', { name: 'Names on this sheet' })
      .getByRole('button', { name: /power/ })
      .click()
    t.equal(await ada.input.inputValue(), 'power')
  },
)

t.test(
  'changes made while disconnected are sent after reconnecting, even after a reload',
  inBrowser,
  async (t) => {
    const line = await Line.open(t, server.address)
    const visitor = new Visitor(line.address)
    for (const [name, value] of (await server.person('vera')).cookies) visitor.cookies.set(name, value)
    const ada = await SheetPage.open(t, visitor, { expected: OUTAGE })
    for (const expression of ['x = 4', 'x + 1']) await ada.calculate(expression)
    await ada.has(['x = 4', 'x + 1'])

    line.cut()
    await ada.page.locator('#banner').getByText('Connection lost.').waitFor()
    await ada.edit('x = 4')
    await ada.page.keyboard.type('0')
    await ada.page.keyboard.press('Enter')
    await ada.page.keyboard.type('x / 2')
    await ada.page.keyboard.press('Enter')
    t.equal(await ada.page.locator('.line.pending').count(), 2)
    line.mend()
    await ada.has(['x = 40', 'x / 2', 'x + 1'])
    await ada.page.reload()
    await ada.showsJust(['40', '20', '41'])
  },
)

t.test('text typed in a line is never thrown away', inBrowser, async (t) => {
  const ada = await SheetPage.open(t, await server.person('vida'))
  const { keyboard } = ada.page
  for (const expression of ['a = 1', 'b = 2']) await ada.calculate(expression)
  await ada.has(['a = 1', 'b = 2'])

  await ada.edit('b = 2')
  await ada.editor.fill('1'.repeat(1_001))
  await ada.line('a = 1').locator('.text').click()
  await ada.page.locator('#line-fault').getByText('A line can have at most 1,000 characters.').waitFor()
  t.equal((await ada.editor.inputValue()).length, 1_001, 'what cannot be kept stays where it is')
  t.ok(await ada.editor.evaluate((input) => input === document.activeElement))
  await keyboard.press('Escape')

  const begin = [() => ada.edit('b = 2'), () => ada.input.click()]
  for (const [index, field] of [ada.editor, ada.input].entries()) {
    await begin[index]?.()
    await keyboard.type('3')
    const typed = await field.inputValue()
    await keyboard.press('Control+a')
    await keyboard.press('Backspace')
    await keyboard.press('Control+z')
    t.equal(await field.inputValue(), typed, 'undo in an emptied line brings its text back')
    await keyboard.press('Escape')
  }

  await ada.edit('b = 2')
  await keyboard.type(' + ')
  await ada.page.getByRole('button', { name: 'Names' }).click()
  await ada.page.getByRole('dialog').getByRole('button', { name: /^a/ }).click()
  t.equal(await ada.editor.inputValue(), 'b = 2 + a', 'a name is put in where one was writing')
  await keyboard.press('Escape')
  await ada.has(['a = 1', 'b = 2'])

  await ada.input.fill('half')
  await ada.page.reload()
  await ada.live()
  t.equal(await ada.input.inputValue(), 'half', 'the last line comes back after a reload')
})

t.test(
  'the focus stays in the lines when one is removed, or a renaming is cancelled',
  inBrowser,
  async (t) => {
    const ada = await SheetPage.open(t, await server.person('vita'))
    const { keyboard } = ada.page
    for (const expression of ['a = 1', 'b = 2']) await ada.calculate(expression)
    await ada.has(['a = 1', 'b = 2'])

    await ada.edit('b = 2')
    await keyboard.press('Home')
    await ada.page.getByRole('button', { name: 'Rename (F2)' }).waitFor()
    await keyboard.press('F2')
    await ada.page.getByLabel('New name').waitFor()
    await keyboard.press('Escape')
    await ada.page.getByLabel('New name').waitFor({ state: 'hidden' })
    t.ok(await ada.editor.evaluate((input) => input === document.activeElement), 'one goes on writing')
    await keyboard.press('Escape')
    await keyboard.press('Delete')
    await ada.has(['a = 1'])
    await keyboard.press('Enter')
    t.equal(await ada.editor.inputValue(), 'a = 1', 'the line beside the removed one is chosen')
    await keyboard.press('Enter')
    await keyboard.type('c = 3')
    await keyboard.press('Enter')
    await ada.has(['a = 1', 'c = 3'])
  },
)

t.test('a change that is being sent can be changed again, and undone', inBrowser, async (t) => {
  const line = await Line.open(t, server.address)
  const visitor = new Visitor(line.address)
  for (const [name, value] of (await server.person('vlad')).cookies) visitor.cookies.set(name, value)
  const ada = await SheetPage.open(t, visitor, { expected: OUTAGE })
  const { keyboard } = ada.page
  await ada.calculate('x = 4')
  await ada.has(['x = 4'])

  line.cut()
  await ada.page.locator('#banner').getByText('Connection lost.').waitFor()
  await ada.edit('x = 4')
  await keyboard.type('0')
  await keyboard.press('Enter')
  await ada.page.locator('.pending-text').click()
  t.equal(await ada.editor.inputValue(), 'x = 40', 'the line has the text that it will have')
  await keyboard.press('End')
  await keyboard.type('0')
  await keyboard.press('Enter')
  await keyboard.press('Escape')
  await keyboard.press('Control+z')
  line.mend()
  await ada.has(['x = 40'])
})

t.test('a line is posted in the chat with its value', inBrowser, async (t) => {
  const maker = await server.person('wanda')
  const room = await newRoom(maker, 'Posted')
  await calculateAll(await openSheet(maker, room), ['12*7'])
  const ada = await SheetPage.open(t, maker, { room })
  await ada.line('12*7').hover()
  await ada.line('12*7').locator('.more').click()
  t.same(await axeFindings(ada.page), [])
  await ada.page.getByRole('menuitem', { name: 'Post to the chat' }).click()
  await ada.page.locator('#notices').getByText('Posted to the chat').waitFor()
  await ada.page.goto(`/rooms/${room}`)
  await ada.page.locator('.message .text', { hasText: '12*7 = 84' }).waitFor()
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
  await full.previews('≈1')
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

t.test('live values are shown above the lines, and follow what scripts set', inBrowser, async (t) => {
  const maker = await server.person('livia')
  const room = await newRoom(maker, 'Sensors')
  const headers = { 'content-type': 'application/json', 'x-csrf-token': await maker.token('/account') }
  const put = (name: string, value: unknown) =>
    maker.request('PUT', `/api/rooms/${room}/values/${name}`, JSON.stringify({ value }), headers)
  const ada = await SheetPage.open(t, maker, { room })
  const section = ada.page.getByRole('region', { name: 'Live values' })
  t.notOk(await section.isVisible())

  await put('temperature', '21.5 °C')
  await ada.calculate('temperature to °F')
  await ada.showsJust(['70.7 °F'])
  await put('humidity', 40)
  await put('temperature', '25 °C')
  await ada.showsJust(['77 °F'])
  const entries = section.getByRole('listitem')
  t.match(await entries.allTextContents(), [/humidity\s+40/, /temperature\s+25 °C/])
  t.same(await axeFindings(ada.page), [])
  await ada.page.reload()
  await ada.live()
  t.match(await entries.allTextContents(), [/humidity\s+40/, /temperature\s+25 °C/])
  await maker.request('DELETE', `/api/rooms/${room}/values/humidity`, undefined, headers)
  await eventually('one value is left', async () => (await entries.count()) === 1)
})
