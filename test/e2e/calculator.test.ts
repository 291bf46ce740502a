import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, OUTAGE, openBrowser, overflows } from '../support/browser.ts'
import { calculateAll, openSheet } from '../support/calculator.ts'
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

  await ada.input.pressSequentially('3 EU')
  await options.first().waitFor()
  await ada.input.pressSequentially('R')
  await options.first().waitFor({ state: 'hidden' })
  await ada.input.fill('')

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
