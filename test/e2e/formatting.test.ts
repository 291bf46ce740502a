import type { Locator } from 'playwright-core'
import t from 'tap'
import { colouring } from '../../src/chat/markdown/colouring.ts'
import { eventually, inBrowser, openBrowser } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

/** Selects a part of the text in the composer. */
async function select(composer: Locator, words: string): Promise<void> {
  await composer.evaluate((element, part) => {
    if (!(element instanceof HTMLTextAreaElement)) throw new Error('the composer is no text area')
    element.focus()
    const start = element.value.indexOf(part)
    element.setSelectionRange(start, start + part.length)
  }, words)
}

/** Pastes as a browser does from its clipboard. @returns whether the page handled it instead of the browser */
function paste(composer: Locator, data: Readonly<Record<string, string>>): Promise<boolean> {
  return composer.evaluate((element, kinds) => {
    const clipboardData = new DataTransfer()
    for (const [type, text] of Object.entries(kinds)) clipboardData.setData(type, text)
    element.focus()
    return !element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    )
  }, data)
}

async function becomes(composer: Locator, text: string): Promise<void> {
  let last = ''
  await eventually(`the text ${JSON.stringify(text)}`, async () => {
    last = await composer.inputValue()
    return last === text
  }).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(last)}`)
  })
}

t.test(
  'a person who does not know Markdown formats with buttons and shortcuts, which can be undone',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const ada = await RoomPage.open(t, await server.person('ada'))
    const { composer, page } = ada
    const toolbar = page.getByRole('toolbar', { name: 'Formatting' })

    await composer.fill('make this bold')
    await select(composer, 'this')
    await toolbar.getByRole('button', { name: 'Bold' }).click()
    await becomes(composer, 'make **this** bold')
    await toolbar.getByRole('button', { name: 'Bold' }).click()
    await becomes(composer, 'make this bold')
    await composer.press('Control+i')
    await becomes(composer, 'make _this_ bold')
    await composer.press('Control+z')
    await becomes(composer, 'make this bold')
    await composer.press('Control+Shift+x')
    await becomes(composer, 'make ~~this~~ bold')
    await composer.press('Control+Shift+x')
    await composer.press('Control+e')
    await becomes(composer, 'make `this` bold')
    await composer.press('Control+e')
    await composer.press('Control+k')
    await becomes(composer, 'make [this](url) bold')
    await page.keyboard.type('https://example.org')
    await becomes(composer, 'make [this](https://example.org) bold')

    await composer.fill('const one = 1')
    await composer.press('Control+Shift+e')
    await becomes(composer, '```\nconst one = 1\n```')
    await composer.press('Control+Shift+e')
    await becomes(composer, 'const one = 1')
    await toolbar.getByRole('button', { name: 'Quote' }).click()
    await becomes(composer, '> const one = 1')

    await composer.fill('one\ntwo')
    await composer.selectText()
    await toolbar.getByRole('button', { name: 'Numbered list' }).click()
    await becomes(composer, '1. one\n2. two')
    t.equal(await ada.texts().then(({ length }) => length), 0, 'nothing of this was sent')
  },
)

t.test('the toolbar is one tab stop, and arrow keys move inside it', inBrowser, async (t) => {
  const server = await startServer(t)
  const { composer, page } = await RoomPage.open(t, await server.person('ada'))
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')

  await composer.focus()
  await page.keyboard.press('Shift+Tab')
  t.equal(await focused(), 'Bold')
  await page.keyboard.press('ArrowLeft')
  t.equal(await focused(), 'Link')
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  t.equal(await focused(), 'Italic')
  await page.keyboard.press('Escape')
  t.equal(await page.evaluate(() => document.activeElement?.id), 'message')
})

t.test('on a phone, the toolbar opens with a button', inBrowser, async (t) => {
  const server = await startServer(t)
  const phone = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }
  const { page } = await RoomPage.open(t, await server.person('ada'), phone)
  const toolbar = page.getByRole('toolbar', { name: 'Formatting' })

  t.notOk(await toolbar.isVisible())
  await page.getByRole('button', { name: 'Formatting' }).tap()
  await toolbar.waitFor()
  await page.reload()
  await toolbar.waitFor()
})

t.test('Shift+Enter continues a list, and an empty item ends it', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const { composer, page } = ada

  await composer.focus()
  await page.keyboard.type('- eggs')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('milk')
  await becomes(composer, '- eggs\n- milk')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.press('Shift+Enter')
  await becomes(composer, '- eggs\n- milk\n')
  await page.keyboard.type('9. nine')
  await page.keyboard.press('Shift+Enter')
  await becomes(composer, '- eggs\n- milk\n9. nine\n10. ')
  await page.keyboard.press('Enter')
  await ada.shows('nine')
})

t.test('text pasted from pages and documents becomes Markdown', inBrowser, async (t) => {
  const server = await startServer(t)
  const { composer } = await RoomPage.open(t, await server.person('ada'))
  const arrives = async (html: string, markdown: string, plain = 'plain') => {
    await composer.fill('')
    t.ok(await paste(composer, { 'text/html': html, 'text/plain': plain }), html)
    await becomes(composer, markdown)
  }

  await arrives(
    '<h2>Plan</h2><p>Some <b>bold</b>, <em>slanted</em> and <s>gone</s> words, <code>a_b</code>, <a href="https://example.org/a_(b)">a page</a>.</p>',
    '**Plan**\n\nSome **bold**, _slanted_ and ~~gone~~ words, `a_b`, [a page](https://example.org/a_%28b%29).',
  )
  await arrives(
    '<ul><li>eggs<ul><li>large</li></ul></li><li>milk</li></ul><ol start="3"><li>three</li><li>four</li></ol>',
    '- eggs\n  - large\n- milk\n\n3. three\n4. four',
  )
  await arrives(
    '<pre><code class="language-js">if (a) {\n  b()\n}</code></pre><blockquote>said</blockquote>',
    '```js\nif (a) {\n  b()\n}\n```\n\n> said',
  )
  await arrives(
    '<table><tr><td>Name</td><td>Price</td></tr><tr><td>a|b</td><td style="text-align:right">1.50</td></tr></table>',
    '| Name | Price |\n| --- | --- |\n| a\\|b | 1.50 |',
  )
  await arrives(
    '<b style="font-weight:normal" id="docs-internal-guid-1"><p><span style="font-weight:700">Bold</span> and <span style="font-style:italic">slanted</span></p></b>',
    '**Bold** and _slanted_',
  )
  await arrives(
    '<p><b>x</b> snake_case, 2 * 3, *starred* and [a](b)</p><script>document.title = "taken"</script><img src="/nowhere.png" onerror="document.title = 1">',
    '**x** snake_case, 2 * 3, \\*starred\\* and \\[a](b)',
  )
  await arrives(
    '<style>p { color: red }</style><p style="color:red"><b>x</b> &lt;p style="a" onclick=b&gt;</p>',
    '**x** <p style="a" onclick=b>',
  )
  await arrives('<p><a href="javascript:alert(1)">press</a> <b>me</b></p>', 'press **me**')
  await arrives('<div><span style="color:red">no format</span></div>', 'no format', 'no format')
  await arrives('<table><tr><td>one cell</td></tr></table>', 'one cell', 'one cell')
})

t.test('lists pasted from Word become lists', inBrowser, async (t) => {
  const server = await startServer(t)
  const { composer } = await RoomPage.open(t, await server.person('ada'))
  const item = (level: number, mark: string, text: string) =>
    `<p class="MsoListParagraph" style="text-indent:-18.0pt;mso-list:l0 level${level} lfo1"><![if !supportLists]><span style="font-family:Symbol"><span style="mso-list:Ignore">${mark}<span style="font:7.0pt">&nbsp;&nbsp; </span></span></span><![endif]>${text}<o:p></o:p></p>`
  const html = [
    '<p class="MsoNormal">To bring:</p>',
    item(1, '·', 'clay'),
    item(2, 'o', '<b>white</b>'),
    item(2, 'o', 'red'),
    item(1, '·', 'water'),
    '<p class="MsoNormal">Then</p>',
    item(1, '3.', 'mix'),
    item(1, '4.', 'wait'),
  ].join('\n\n')
  t.ok(await paste(composer, { 'text/html': html, 'text/plain': 'plain' }))
  await becomes(composer, 'To bring:\n\n- clay\n  - **white**\n  - red\n- water\n\nThen\n\n3. mix\n4. wait')
})

t.test('plain text stays plain, and an address pasted over words makes them a link', inBrowser, async (t) => {
  const server = await startServer(t)
  const { composer } = await RoomPage.open(t, await server.person('ada'))

  t.notOk(await paste(composer, { 'text/plain': '**as it is**' }), 'the browser pastes it')
  await composer.dispatchEvent('keydown', { key: 'V', ctrlKey: true, shiftKey: true })
  t.notOk(await paste(composer, { 'text/plain': 'words', 'text/html': '<b>words</b>' }), 'with Shift too')
  await composer.dispatchEvent('keydown', { key: 'v', ctrlKey: true })
  t.notOk(await paste(composer, { 'text/html': '', 'vscode-editor-data': '{}', 'text/plain': 'a_b' }))

  await composer.fill('see this page')
  await select(composer, 'this page')
  await paste(composer, { 'text/plain': 'https://example.org' })
  await becomes(composer, 'see [this page](https://example.org)')
  await composer.press('Control+z')
  await becomes(composer, 'see this page')
})

t.test('a clipboard of any size and depth does not block the page', inBrowser, async (t) => {
  const server = await startServer(t)
  const { composer, page } = await RoomPage.open(t, await server.person('ada'))
  const hostile: Readonly<Record<string, string>> = {
    long: `<b>${'word '.repeat(1_000_000)}</b>`,
    deep: `${'<div><i>'.repeat(2_000)}deep`,
    tables: `<b>x</b>${'<table><tr><td>'.repeat(1_000)}in`,
    items: `<ul>${'<li>x'.repeat(50_000)}</ul>`,
    blanks: `<b>x</b><pre>${' '.repeat(350_000)}</pre>`,
    marks: `<b>x</b><p>${'[*_'.repeat(100_000)}</p>`,
  }
  for (const [name, html] of Object.entries(hostile)) {
    await composer.fill('')
    await composer.evaluate(
      (element, [pasted, plain]) => {
        const data = new DataTransfer()
        data.setData('text/html', pasted ?? '')
        data.setData('text/plain', plain ?? '')
        Reflect.set(window, 'before', performance.now())
        element.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
        )
      },
      [html, `${name} as text${' '.repeat(100_000)}`],
    )
    await eventually(name, async () => (await composer.inputValue()) !== '')
    const milliseconds = await page.evaluate(() => performance.now() - Number(Reflect.get(window, 'before')))
    t.ok(milliseconds < 5_000, `${name}: ${Math.round(milliseconds)} ms`)
    t.ok((await composer.inputValue()).length <= 400_000, name)
  }
  await composer.fill('')
  await paste(composer, { 'text/plain': 'x'.repeat(5_000_000) })
  t.equal((await composer.inputValue()).length, 100_000)
  await page.getByText('Only the first 100,000 characters were pasted.').waitFor()
})

t.test(
  'code that is shown before it is highlighted is highlighted without a reload',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const ada = await RoomPage.open(t, await server.person('ada'))
    const bob = await RoomPage.open(t, await server.person('bob'))
    // As on a machine that is busy for longer than a message waits.
    Object.assign(colouring, { of: () => undefined, prepare: async () => {} })
    const isLessBusy = () => {
      for (const method of ['of', 'prepare']) Reflect.deleteProperty(colouring, method)
    }
    t.teardown(isLessBusy)
    await ada.say('```js\nlet late = 1\n```')
    for (const { page } of [ada, bob])
      await page.locator('.message code.late', { hasText: 'let late' }).waitFor()
    isLessBusy()
    for (const { page } of [ada, bob]) {
      await page.locator('.message .hljs-keyword', { hasText: 'let' }).waitFor()
      t.equal(await page.locator('code.late').count(), 0)
    }
  },
)

t.test('on a phone, the help shows what to type beside the result', inBrowser, async (t) => {
  const server = await startServer(t)
  const phone = { viewport: { width: 360, height: 640 } }
  const page = await (await openBrowser(t, await server.person('ada'), phone)).newPage()
  await page.goto('/help')
  const table = page.locator('.table-of-examples > .table')
  t.ok(await table.evaluate(({ clientWidth, scrollWidth }) => scrollWidth <= clientWidth))
})
