import t from 'tap'
import { inBrowser, overflows } from '../support/browser.ts'
import { keepDraft } from '../support/drafts.ts'
import { numbered, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('any text is shown as it was typed', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))
  const texts = [
    '<b>bold</b><script>document.title = "taken"</script><img src=x onerror=alert(1)>',
    '&lt;&amp;',
    '  two\n   lines',
    'مرحبا بالجميع',
    '\u202Eright to left\u202C',
    'zero\u200Bwidth',
    `https://example.org/?a=1&b="><img src=x>`,
  ]

  for (const text of texts) {
    await ada.say(text)
    await ada.showsJust(texts.slice(0, texts.indexOf(text) + 1))
  }
  await bob.showsJust(texts)
  await bob.page.reload()
  await bob.live()
  await bob.showsJust(texts)

  t.equal(await bob.page.locator('.timeline img, .timeline script, .timeline b:not(.sender)').count(), 0)
  t.equal(await bob.page.title(), 'Lobby · Partyline')
  t.equal(
    await bob.page.locator('.text a').getAttribute('href'),
    'https://example.org/?a=1&b=',
    'a link ends where a link ends',
  )
})

t.test('no text makes a page wider than a small phone', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('abcdefghijklmnopqrstuvwxyz-01234')
  await ada.post('/rooms', { name: 'M'.repeat(80) })
  const room = await RoomPage.open(t, ada, {
    viewport: { width: 320, height: 568 },
    room: 'm'.repeat(56),
  })

  t.notOk(await overflows(room.page), 'an empty room')
  for (const text of ['W'.repeat(400), `https://example.org/${'long/'.repeat(60)}`, 'שלום '.repeat(100)]) {
    await room.say(text)
    await room.shows(text.slice(0, 40))
    t.notOk(await overflows(room.page), text.slice(0, 20))
  }
  await room.page.getByText('Only you').click()
  t.notOk(await overflows(room.page), 'the panel')
  const scrolls = await room.page
    .locator('#scroll')
    .evaluate((element) => element.scrollWidth > element.clientWidth)
  t.notOk(scrolls, 'nor the chat wider than its place')
})

t.test('Enter in an input method ends a word instead of sending', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const session = await ada.page.context().newCDPSession(ada.page)
  await ada.composer.focus()

  await session.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
  await session.send('Input.dispatchKeyEvent', {
    type: 'keyDown',
    key: 'Enter',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  })
  t.equal(await ada.composer.inputValue(), 'にほ')
  await session.send('Input.insertText', { text: '日本' })
  await ada.composer.press('Enter')

  await ada.showsJust(['日本'])
})

t.test(
  'the characters of a message that is too long are counted, and the text stays',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const ada = await RoomPage.open(t, await server.person('ada'))

    await ada.composer.fill('x'.repeat(3_990))
    await ada.page.getByText('10 characters left').waitFor()
    await ada.say('x'.repeat(4_001))
    await ada.page.getByText('1 character too many').waitFor()
    t.equal((await ada.composer.inputValue()).length, 4_001)
    await ada.composer.fill('x'.repeat(4_000))
    await ada.composer.press('Enter')
    await ada.showsJust(['x'.repeat(4_000)])
    t.equal(await ada.composer.inputValue(), '')
  },
)

t.test('a message that the server refuses is given back for editing', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await keepDraft(ada.page, 'ada', 'lobby', { id: 'long', text: 'x'.repeat(4_001) })
  await ada.page.reload()

  const failed = ada.page.locator('.message.failed')
  await failed.getByText('Not sent').waitFor()
  await ada.say('said meanwhile')
  await ada.shows('said meanwhile')
  await failed.getByRole('button', { name: 'Try again' }).click()
  await failed.getByText('Not sent').waitFor()
  await failed.getByRole('button', { name: 'Edit' }).click()

  t.equal((await ada.composer.inputValue()).length, 4_001)
  await ada.say('shorter')
  await ada.showsJust(['said meanwhile', 'shorter'])
})

t.test('a refused message can be discarded for good', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await keepDraft(ada.page, 'ada', 'lobby', { id: 'a', text: 'no', error: 'this could not be saved' })
  await ada.page.reload()

  await ada.page.getByRole('button', { name: 'Discard' }).click()
  t.same(await ada.texts(), [])
  t.equal(await ada.page.locator('.divider').count(), 0, 'nor is there a divider without messages')
  await ada.page.reload()
  await ada.live()
  t.same(await ada.texts(), [])
})

t.test('a person can chat in a browser that stores nothing', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  const first = await RoomPage.open(t, visitor)
  await first.page.context().addInitScript(() => {
    for (const storage of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, storage, {
        get() {
          throw new DOMException('blocked', 'SecurityError')
        },
      })
    }
  })
  const ada = await first.anotherTab()

  await ada.say('without storage')
  await ada.showsJust(['without storage'])
})

t.test('a message without visible characters is not sent', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.say('\u200B\u2800')
  await ada.say('something')
  await ada.showsJust(['something'])
})

t.test('the link to the newest messages takes one line on a small phone', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const visitor = await server.person('ada')
  await sayAll(visitor, numbered('message', 40))
  const ada = await RoomPage.open(t, visitor, { viewport: { width: 320, height: 568 } })
  await ada.scrollTo(0)
  const height = await ada.page.locator('#jump').evaluate((jump) => jump.getBoundingClientRect().height)
  t.ok(height < 50, `${height} pixels`)
})
