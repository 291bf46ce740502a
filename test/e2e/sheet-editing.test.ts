import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { calculateAll, openSheet } from '../support/calculator.ts'
import { newRoom } from '../support/chat.ts'
import { Line } from '../support/line.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'
import { Visitor } from '../support/visitor.ts'

// One server for all tests, since evaluators take long to start. Every test has its own people and rooms.
const server = await startServer(t, { RATE_LIMIT: '0' })

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
  'a half-typed line moves to the next tab that is opened after its own was closed',
  inBrowser,
  async (t) => {
    const { page, input } = await SheetPage.open(t, await server.person('hale'))
    const context = page.context()
    const textOfNewTab = async () => {
      const tab = new SheetPage(await context.newPage())
      await tab.page.goto('/calculator')
      await tab.live()
      return tab.input.inputValue()
    }
    await input.fill('half')
    t.equal(await textOfNewTab(), '', 'it is in no other tab before')
    await page.close({ runBeforeUnload: true })
    await eventually('the tab is closed', async () => page.isClosed())
    t.equal(await textOfNewTab(), 'half')
    t.equal(await textOfNewTab(), '', 'and in one tab only')
  },
)

t.test(
  'a line that is being edited comes back with its tab when the page was never left',
  inBrowser,
  async (t) => {
    const context = await openBrowser(t, await server.person('romy'))
    // As when the browser breaks down, or a phone ends a page in the background.
    await context.addInitScript(() =>
      addEventListener('pagehide', (event) => event.stopImmediatePropagation()),
    )
    const romy = new SheetPage(await context.newPage())
    const comesBack = async (text: string) => {
      await romy.page.reload()
      await romy.live()
      await romy.editor.waitFor()
      t.equal(await romy.editor.inputValue(), text)
    }
    await romy.page.goto('/calculator')
    for (const expression of ['a = 1', 'b = a + 1']) await romy.calculate(expression)
    await romy.has(['a = 1', 'b = a + 1'])

    await romy.edit('a = 1')
    await romy.page.keyboard.type('20')
    await comesBack('a = 120')
    await romy.shows('b = a + 1', '121')
    await romy.editor.press('Enter')
    await romy.has(['a = 120', 'b = a + 1'])

    await romy.edit('a = 120')
    await romy.editor.press('Enter')
    await romy.page.keyboard.type('half')
    await comesBack('half')
    await romy.editor.press('Escape')
    await romy.page.reload()
    await romy.live()
    t.equal(await romy.editor.count(), 0, 'what was given up does not')
    await romy.has(['a = 120', 'b = a + 1'])
  },
)

t.test('a line that was being written when its tab was duplicated is kept once', inBrowser, async (t) => {
  const ruth = await SheetPage.open(t, await server.person('ruth'))
  const context = ruth.page.context()
  for (const expression of ['a = 1', 'c = 3']) await ruth.calculate(expression)
  await ruth.has(['a = 1', 'c = 3'])
  await ruth.edit('a = 1')
  await ruth.editor.press('Enter')
  await ruth.page.keyboard.type('b = 2')
  // A window that a page opens begins with a copy of what its tab keeps, as a duplicate does.
  const opened = context.waitForEvent('page')
  await ruth.page.evaluate(() => void open('/calculator'))
  const duplicate = new SheetPage(await opened)
  await duplicate.live()
  await duplicate.editor.waitFor()
  t.equal(await duplicate.editor.inputValue(), 'b = 2')
  const next = new SheetPage(await context.newPage())
  for (const { page } of [duplicate, ruth]) {
    await page.close({ runBeforeUnload: true })
    await eventually('the tab is closed', async () => page.isClosed())
  }
  await next.page.goto('/calculator')
  await next.has(['a = 1', 'b = 2', 'c = 3'])
})

t.test(
  'a half-typed line of a duplicated tab is not offered again once it was entered',
  inBrowser,
  async (t) => {
    const { page, input } = await SheetPage.open(t, await server.person('dup'))
    const context = page.context()
    await input.fill('6 * 7')
    const opened = context.waitForEvent('page')
    await page.evaluate(() => void open('/calculator'))
    const duplicate = new SheetPage(await opened)
    await duplicate.live()
    t.equal(await duplicate.input.inputValue(), '6 * 7')
    await duplicate.page.close({ runBeforeUnload: true })
    await eventually('the tab is closed', async () => duplicate.page.isClosed())
    await input.press('Enter')
    const next = new SheetPage(await context.newPage())
    await next.page.goto('/calculator')
    await next.live()
    t.equal(await next.input.inputValue(), '')
    await next.has(['6 * 7'])
  },
)

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
