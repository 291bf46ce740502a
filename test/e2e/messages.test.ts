import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { calculate, openSheet } from '../support/calculator.ts'
import { fill, roomRow } from '../support/chat.ts'
import { numbered, onLine, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** Colours are checked without transitions. */
const still = { reducedMotion: 'reduce' } as const

t.test(
  'expressions in the chat show their values while typing and after the sheet has changed',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const person = await server.person('ada')
    const sheet = await openSheet(person, 'lobby')
    await calculate(sheet, 'rent = 1250', 'line')
    const ada = await RoomPage.open(t, person)

    await ada.composer.fill('So {= rent * 2} and `{= rent}`')
    const preview = ada.page.locator('#composer-values')
    await preview.getByText('rent * 2 = 2,500').waitFor()
    t.equal(await preview.locator('span').count(), 1, 'code has none')
    await ada.composer.press('Enter')
    await ada.shows('So {= rent * 2}')
    t.equal(await preview.innerText(), '')
    const value = ada.page.locator('.message-value')
    t.equal(await value.innerText(), 'rent * 2 = 2,500')

    await ada.composer.focus()
    sheet.send({ type: 'set', seq: 1, expression: 'rent = 10000 / 3', base: 1, id: 'set' })
    await sheet.next('done')
    await value.focus()
    await ada.page.getByText(/^then 2,500, now ≈ 6,666\.6+7$/).waitFor()
    await ada.composer.focus()
    await ada.page.locator('.since', { hasNotText: 'then' }).waitFor({ state: 'attached' })

    await ada.say('= rent +')
    await ada.page.locator('.message.failed').waitFor()
    await ada.page.reload()
    t.equal(await value.innerText(), 'rent * 2 = 2,500', 'in the notation of the reader')
    await value.click()
    await ada.page.waitForURL(/\/rooms\/lobby\/calculator#line-1$/)
  },
)

t.test('↑ in an empty composer edits one’s newest message', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  await ada.say('the frist')
  await bob.say('from bob')
  await ada.showsJust(['the frist', 'from bob'])

  await ada.composer.press('ArrowUp')
  await ada.page.getByText('Editing your message').waitFor()
  t.equal(await ada.composer.inputValue(), 'the frist')
  await ada.composer.fill('the first')
  await ada.composer.press('Enter')

  await bob.showsJust(['the first', 'from bob'])
  await ada.showsJust(['the first', 'from bob'])
  t.equal(await bob.page.locator('.message .edited').count(), 1)
  t.equal(await ada.composer.inputValue(), '')
  t.notOk(await ada.page.locator('#composer-mode').isVisible())
})

t.test('a person who cancels an edit gets back what they were writing', inBrowser, async (t) => {
  const { ada } = await adaAndBob(t)
  await ada.say('said')
  await ada.shows('said')
  await ada.composer.fill('half a thought')

  await choose(ada, 'said', 'Edit')
  await ada.page.getByText('Editing your message').waitFor()
  await ada.composer.fill('changed')
  await ada.composer.press('Escape')

  t.equal(await ada.composer.inputValue(), 'half a thought')
  t.same(await ada.texts(), ['said'])
})

t.test(
  'the 51st person to choose an emoji sees their own reaction, and can take it back',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const { database } = server.app
    const ada = await server.person('ada')
    await ada.post('/rooms/lobby/messages', { message: 'Who comes?' })
    const names = Array.from({ length: 50 }, (_, index) => `guest-${index + 10}`)
    const at = new Date().toISOString()
    const users = await database
      .insertInto('users')
      .values(names.map((name) => ({ name, password: 'none', role: 'member', created_at: at })))
      .returning('id')
      .execute()
    const { id: room_id } = await roomRow(server.app, 'lobby')
    await database
      .insertInto('reactions')
      .values(users.map(({ id }, index) => ({ room_id, seq: 1, emoji: '👍', user_id: id, rev: index - 50 })))
      .execute()
    const reactions = JSON.stringify({ '👍': { count: 50, names } })
    await database.updateTable('messages').set({ reactions }).where('seq', '=', 1).execute()

    const { page } = await RoomPage.open(t, ada)
    const reaction = page.locator('.reaction')
    const shows = (count: number, pressed: boolean) =>
      page.locator(`.reaction[aria-pressed="${pressed}"]`).getByText(`${count}`).waitFor()
    await shows(50, false)
    t.match(await reaction.getAttribute('title'), /^guest-10, .*guest-19 and 40 more$/)
    await reaction.click()
    await shows(51, true)
    t.match(await reaction.getAttribute('title'), /guest-19 and 41 more$/)
    await page.reload()
    await shows(51, true)
    await page.locator('[data-state="live"]').waitFor()
    await reaction.click()
    await shows(50, false)
    await reaction.click()
    await shows(51, true)
  },
)

t.test('a person reacts, sees who else did, and takes it back', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t, { bobsName: 'Bob Lee' })
  await ada.say('the pump runs')
  await bob.shows('the pump runs')

  await choose(bob, 'the pump runs', 'React with thumbs up')
  const reaction = (room: RoomPage) => room.page.locator('.reaction')
  await reaction(ada).getByText('1').waitFor()
  t.equal(await reaction(ada).getAttribute('aria-pressed'), 'false')
  await reaction(ada).click()
  for (const room of [ada, bob]) await reaction(room).getByText('2').waitFor()
  t.equal(await reaction(bob).getAttribute('title'), 'Bob Lee @bob, ada')
  t.equal(await reaction(ada).getAttribute('title'), 'Bob Lee @bob, ada')
  await reaction(bob).click()
  await ada.page.locator('.reaction[aria-pressed="true"]').getByText('1').waitFor()

  await ada.page.reload()
  await ada.page.locator('.reaction[aria-pressed="true"]').getByText('1').waitFor()
})

t.test('an emoji is found by name and chosen with the keyboard', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  await bob.say('we are done')
  await ada.shows('we are done')
  const { keyboard } = ada.page

  await openMenu(ada, 'we are done')
  await ada.page.getByRole('menuitem', { name: 'React with another emoji' }).press('Enter')
  await ada.page.getByRole('button', { name: 'grinning face', exact: true }).waitFor()
  await keyboard.type('no such thing')
  await ada.page.getByText('No emoji match.').waitFor()
  for (const [typed, first] of [
    ['heart', '❤️'],
    ['party', '🎉'],
    ['fire', '🔥'],
  ] as const) {
    await ada.page.getByLabel('Find an emoji').fill(typed)
    t.equal(await ada.page.locator('#emoji-list button').first().textContent(), first, typed)
  }
  await ada.page.getByLabel('Find an emoji').fill('cat smi')
  await keyboard.press('ArrowDown')
  await keyboard.press('ArrowRight')
  const chosen = await ada.page.evaluate(() => document.activeElement?.textContent ?? '')
  await keyboard.press('Enter')

  await bob.page.locator('.reaction', { hasText: chosen }).waitFor()
  t.equal([...new Intl.Segmenter().segment(chosen)].length, 1)
  t.equal(await focusedMessage(ada), 'we are done')
})

t.test(
  'with the keyboard alone, a person moves through messages, and opens and closes a menu',
  inBrowser,
  async (t) => {
    const { ada, bob } = await adaAndBob(t)
    for (const text of ['one', 'two', 'three']) await bob.say(text)
    await ada.showsJust(['one', 'two', 'three'])
    const { keyboard } = ada.page

    await goToMessages(ada)
    t.equal(await focusedMessage(ada), 'three', 'Tab stops at the newest')
    await keyboard.press('ArrowUp')
    await keyboard.press('ArrowUp')
    t.equal(await focusedMessage(ada), 'one')
    await keyboard.press('Enter')
    await ada.page.getByRole('menu').waitFor()
    await keyboard.press('End')
    await keyboard.press('ArrowDown')
    t.equal(await focusedLabel(ada), 'React with thumbs up', 'from the last to the first')
    await keyboard.press('Escape')
    await ada.page.getByRole('menu').waitFor({ state: 'hidden' })
    t.equal(await focusedMessage(ada), 'one')
    await keyboard.press('Shift+Tab')
    await keyboard.press('Tab')
    t.equal(await focusedMessage(ada), 'one', 'Tab returns to the same message')
    await choose(bob, 'one', 'React with thumbs up')
    await ada.page.locator('.reaction').waitFor()
    await keyboard.press('Shift+Tab')
    await keyboard.press('Tab')
    t.equal(await focusedMessage(ada), 'one', 'even if the message was changed meanwhile')
  },
)

t.test('while a message has the focus, its keys reply, edit, react, pin and delete', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  for (const text of ['one', 'two', 'three']) await bob.say(text)
  await ada.say('mine')
  await ada.showsJust(['one', 'two', 'three', 'mine'])
  const { keyboard } = ada.page

  await ada.composer.press('r')
  await ada.composer.press('?')
  t.equal(await ada.composer.inputValue(), 'r?', 'in the composer they are letters')
  await ada.composer.fill('')
  await goToMessages(ada)
  t.equal(await focusedMessage(ada), 'mine')
  await keyboard.press('?')
  const help = ada.page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await help.waitFor()
  t.same(await axeFindings(ada.page), [])
  await keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })
  t.equal(await focusedMessage(ada), 'mine')

  await keyboard.press('Home')
  t.equal(await focusedMessage(ada), 'one')
  await keyboard.press('e')
  t.notOk(await ada.page.locator('#composer-mode').isVisible(), 'only one’s own messages can be edited')
  await keyboard.press('r')
  await ada.page.getByText('Replying to bob: one').waitFor()
  await keyboard.type('an answer')
  await keyboard.press('Enter')
  await ada.page.locator('.reply').waitFor()

  await goToMessages(ada)
  await keyboard.press('ArrowUp')
  t.equal(await focusedMessage(ada), 'mine')
  await keyboard.press('p')
  await ada.page.locator('.message', { hasText: 'mine' }).locator('.pinned').waitFor()
  await keyboard.press('+')
  await ada.page.getByLabel('Find an emoji').waitFor()
  await keyboard.press('Escape')
  t.equal(await focusedMessage(ada), 'mine', 'the picker gives the focus back')
  await keyboard.press('e')
  await ada.page.getByText('Editing your message').waitFor()
  await ada.composer.fill('still mine')
  await keyboard.press('Enter')
  await ada.shows('still mine')

  await ada.page.locator('.message', { hasText: 'still mine' }).focus()
  await ada.page.clock.install()
  await keyboard.press('Delete')
  t.equal(await focusedLabel(ada), 'Undo')
  for (const colorScheme of ['light', 'dark'] as const) {
    await ada.page.emulateMedia({ colorScheme })
    const isVisible = await ada.page.locator(':focus').evaluate((button) => {
      const { color, outlineColor } = getComputedStyle(button)
      return outlineColor === color
    })
    t.ok(isVisible, `its ring stands out from the notice as its letters do: ${colorScheme}`)
  }
  await ada.page.clock.runFor(6_000)
  await ada.page.locator('.message.deleted').waitFor()
  t.equal(await focusedMessage(ada), 'This message was deleted.', 'the focus returns to where it was')
  await keyboard.press('Home')
  await keyboard.press('c')
  await ada.page.getByRole('heading', { name: 'Conversation in Lobby' }).waitFor()
  t.same(await ada.texts(), ['one', 'an answer'])
  t.same(
    await ada.page.locator('.divider').allTextContents(),
    ['Today'],
    'its days are like those in the room',
  )
  t.notMatch(await ada.page.locator('.message time').first().textContent(), 'UTC')
  await ada.page.locator('.reply').click()
  t.match(ada.page.url(), /conversation$/, 'the original is shown here')
  t.equal(await focusedMessage(ada), 'one')
  await keyboard.press('ArrowDown')
  t.equal(await focusedMessage(ada), 'an answer')
  await ada.page.goBack()
  await ada.live()
})

t.test('the focus is not lost when the page drops the message that has it', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  await server.person('bob')
  const visitor = await server.person('ada')
  await fill(server.app, 'lobby', 'bob', 20)
  await visitor.get('/rooms/lobby')
  await fill(server.app, 'lobby', 'bob', 400)
  const ada = await RoomPage.open(t, visitor)
  const { keyboard } = ada.page
  const focused = async () => Number(await focusedMessage(ada))

  await ada.page.locator('#jump').click()
  await ada.page.locator('#message-420').waitFor()
  await ada.page.locator('#message-420').focus()
  await ada.scrollTo(0)
  await ada.page.locator('#message-300').waitFor()
  for (const seq of [200, 100]) {
    await ada.scrollTo(0)
    await ada.page.locator(`#message-${seq}`).waitFor()
  }
  t.equal(await ada.page.locator('#message-420').count(), 0)
  t.ok((await focused()) > 0, 'it is on a message')
  await keyboard.press('End')
  await eventually('the newest has it', async () => (await focused()) === 400)
  await keyboard.press('ArrowUp')
  t.equal(await focused(), 399)
})

t.test('the last message of a person shows who has seen it', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t, { bobsName: 'Bob Lee' })
  await ada.say('first')
  await ada.say('second')
  await bob.shows('second')
  const seen = ada.page.locator('.seen')
  await seen.getByText('Seen by Bob Lee').waitFor()
  t.equal(await seen.count(), 1)
  t.equal(await ada.page.locator('.message', { has: seen }).locator('.text').textContent(), 'second')

  await ada.say('third')
  await bob.shows('third')
  await ada.page.locator('.message', { hasText: 'third' }).locator('.seen').waitFor()
  await choose(ada, 'third', 'React with thumbs up')
  await ada.page.locator('.reaction').waitFor()
  t.equal(await seen.count(), 1, 'even after the message has changed')
  t.equal(await bob.page.locator('.seen').count(), 0, 'it is not shown on messages of others')
})

t.test('a menu stays beside its message when that moves', inBrowser, async (t) => {
  const { ada } = await adaAndBob(t)
  await ada.say('said')
  await ada.shows('said')
  await openMenu(ada, 'said')
  const tops = () =>
    ada.page.evaluate(() =>
      ['.message .more', '#message-menu'].map(
        (selector) => document.querySelector(selector)?.getBoundingClientRect().top ?? 0,
      ),
    )
  const [button = 0, menu = 0] = await tops()

  // As when a picture above it has loaded. A style of the message itself is gone when its next frame comes.
  await ada.page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('.message { margin-top: 40px }')
    document.adoptedStyleSheets.push(sheet)
  })

  await eventually('both have moved', async () => {
    const [movedButton = 0, movedMenu = 0] = await tops()
    return movedButton !== button && movedMenu - menu === movedButton - button
  })
})

t.test('a menu closes with a second press, or a press elsewhere', inBrowser, async (t) => {
  const { ada } = await adaAndBob(t)
  await ada.say('said')
  await ada.shows('said')
  const menu = ada.page.getByRole('menu')

  await openMenu(ada, 'said')
  await ada.page.locator('.message .more').click()
  await menu.waitFor({ state: 'hidden' })
  await openMenu(ada, 'said')
  await ada.page.getByRole('heading', { name: 'Lobby' }).click()
  await menu.waitFor({ state: 'hidden' })
})

t.test('a deletion waits five seconds, and can be undone until then', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  await ada.say('keep me')
  await ada.say('delete me')
  await bob.showsJust(['keep me', 'delete me'])
  await ada.page.clock.install()
  await ada.page.clock.pauseAt(Date.now() + 1_000)

  await choose(ada, 'keep me', 'Delete')
  await ada.page.locator('.message.deleting', { hasText: 'keep me' }).waitFor()
  await ada.page.clock.runFor(4_900)
  t.equal(await focusedLabel(ada), 'Undo')
  await ada.page.keyboard.press('Enter')
  await ada.page.clock.runFor(10_000)
  t.equal(await ada.page.locator('.message.deleting').count(), 0)

  await choose(ada, 'delete me', 'Delete')
  await ada.page.clock.runFor(5_000)
  await ada.page.clock.resume()
  await bob.showsJust(['keep me', 'This message was deleted.'])
  await ada.showsJust(['keep me', 'This message was deleted.'])
  t.equal(await ada.page.locator('.message.deleted .more').count(), 0, 'it can no longer be undone')
})

t.test('leaving the page deletes at once', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  await ada.say('a secret')
  await bob.shows('a secret')

  await choose(ada, 'a secret', 'Delete')
  await ada.page.getByRole('button', { name: 'Undo' }).waitFor()
  await ada.page.goto('/account')

  await bob.showsJust(['This message was deleted.'])
})

t.test('an administrator can delete messages of others, and nobody else can', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t)
  await ada.say('from ada')
  await bob.say('from bob')
  await ada.shows('from bob')
  await bob.shows('from ada')

  await openMenu(bob, 'from ada')
  t.notOk(await bob.page.getByRole('menuitem', { name: 'Delete' }).isVisible())
  await choose(ada, 'from bob', 'Delete')
  await ada.page.goto('/account')
  await bob.showsJust(['from ada', 'This message was deleted.'])
})

t.test('a reply shows what it replies to, and links there', inBrowser, async (t) => {
  const { ada, bob, server } = await adaAndBob(t)
  await bob.say('Who has the readings?')
  await ada.shows('Who has the readings?')
  await sayAll(await server.person('cyd'), numbered('remark', 40))
  await ada.shows('remark 40')

  await choose(ada, 'Who has the readings?', 'Reply')
  await ada.page.getByText('Replying to bob: Who has the readings?').waitFor()
  await ada.say('I have')
  const answer = bob.page.locator('.message', { hasText: 'I have' })
  await answer.locator('.reply', { hasText: 'bob Who has the readings?' }).click()
  t.equal(await focusedMessage(bob), 'Who has the readings?')
  await ada.shows('I have')

  await choose(bob, 'Who has the readings?', 'Delete')
  await bob.page.goto('/account')
  await ada.page.locator('.reply', { hasText: 'This message was deleted.' }).waitFor()
})

t.test('the link to a message opens the room there, with the message marked', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  await server.person('bob')
  await fill(server.app, 'lobby', 'bob', 300)
  const ada = await RoomPage.open(t, await server.person('ada'), {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await choose(ada, '280', 'Copy link')
  await ada.page.getByText('The link was copied.').waitFor()
  const link = await ada.page.evaluate(() => navigator.clipboard.readText())

  for (const [address, text] of [
    [link, '280'],
    ['/rooms/lobby?at=150', '150'],
    ['/rooms/lobby?at=10', '10'],
  ] as const) {
    await ada.page.goto('/account')
    await ada.page.goto(address)
    const marked = ada.page.locator('.message.marked', { hasText: text })
    await eventually(`${text} is in sight`, () => isInSight(marked, ada.page.locator('#scroll')))
    t.equal(await ada.page.locator('.message.marked').count(), 1)
    if (text !== '10') await ada.live()
  }
})

t.test('an edit made while disconnected is sent after reconnecting', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  await ada.say('befroe')
  await ada.shows('befroe')
  await ada.composer.press('ArrowUp')
  await ada.page.getByText('Editing your message').waitFor()
  line.cut()
  await ada.banner().getByText('Connection lost').waitFor()

  await ada.composer.fill('before')
  await ada.composer.press('Enter')
  await ada.page.locator('.message.saving').waitFor()
  await choose(ada, 'befroe', 'React with red heart')
  line.mend()

  await ada.showsJust(['before'])
  await ada.page.locator('.reaction').waitFor()
  t.equal(await ada.page.locator('.message.saving').count(), 0)
})

t.test('an edit that is refused is given back', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const administrator = await server.person('ada')
  const bob = await RoomPage.open(t, await server.person('bob'))
  await bob.say('said')
  await bob.shows('said')
  await bob.composer.press('ArrowUp')
  await bob.page.getByText('Editing your message').waitFor()
  await administrator.post('/rooms/lobby/members/bob/mute', { for: '1 h' })

  await bob.composer.fill('said better')
  await bob.composer.press('Enter')
  await bob.page.getByText('Your change was not saved:').waitFor()
  await bob.page.getByRole('button', { name: 'Edit again' }).click()
  t.equal(await bob.composer.inputValue(), 'said better')
})

t.test(
  'a hundred changes wait while disconnected, and one more is refused with a message',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const { ada, line } = await onLine(t, server)
    await ada.say('thumbs')
    await ada.shows('thumbs')
    await choose(ada, 'thumbs', 'React with thumbs up')
    await ada.page.locator('.reaction').waitFor()
    line.cut()
    await ada.banner().waitFor()
    const press = (times: number) =>
      ada.page.locator('.reaction').evaluate((button, count) => {
        for (let pressed = 0; pressed < count; pressed += 1) if (button instanceof HTMLElement) button.click()
      }, times)
    await press(100)
    t.equal(await ada.page.getByText('are waiting to be sent').count(), 0)
    await press(1)
    await ada.page.getByText('100 changes are waiting to be sent. Wait until they have been sent.').waitFor()
  },
)

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const

t.test(
  'on a phone, Enter begins a new line, and only one bar is above the keyboard',
  inBrowser,
  async (t) => {
    const { ada } = await adaAndBob(t, phone)
    await ada.composer.fill('one line')
    await ada.composer.press('Enter')
    await ada.composer.pressSequentially('and another')
    await ada.page.getByRole('button', { name: 'Send' }).tap()
    await ada.shows('one line')
    t.equal((await ada.texts()).join(), 'one line\nand another')

    await ada.page.locator('.top').waitFor({ state: 'visible' })
    await ada.page.setViewportSize({ width: 360, height: 440 })
    await ada.page.locator('.top').waitFor({ state: 'hidden' })
    await ada.page.getByRole('heading', { name: 'Lobby' }).waitFor()
    t.notOk(await overflows(ada.page))
  },
)

t.test('on a phone, a tap compares a value with the current sheet', inBrowser, async (t) => {
  const server = await startServer(t)
  const person = await server.person('ada')
  const sheet = await openSheet(person, 'lobby')
  await calculate(sheet, 'rent = 1250', 'line')
  const ada = await RoomPage.open(t, person, phone)
  await ada.composer.fill('So {= rent * 2}')
  await ada.page.getByRole('button', { name: 'Send' }).tap()
  await ada.shows('So {= rent * 2}')

  const compare = ada.page.getByRole('button', { name: 'Compare rent * 2 with the sheet now' })
  await compare.tap()
  await ada.page.getByText('still 2,500', { exact: true }).waitFor()
  sheet.send({ type: 'set', seq: 1, expression: 'rent = 1300', base: 1, id: 'set' })
  await sheet.next('done')
  await compare.tap()
  await ada.page.getByText('then 2,500, now 2,600', { exact: true }).waitFor()
  t.notOk(await overflows(ada.page))
  await ada.page.locator('.message-value').tap()
  await ada.page.waitForURL(/\/rooms\/lobby\/calculator#line-1$/)

  const { headers } = await person.post('/rooms', { name: 'Old' })
  const old = headers.get('location') ?? ''
  await person.post(`${old}/messages`, { message: 'So {= 6 * 7}' })
  await ada.page.goto(old)
  await ada.page.getByRole('button', { name: 'Compare 6 * 7 with the sheet now' }).waitFor()
  await person.post(`${old}/archive`, {})
  await ada.page.getByText('This room is archived').waitFor()
  t.notOk(await ada.page.locator('.value-now').isVisible(), 'it is not offered if the server gives no answer')
})

t.test('on a phone, the badge of a bot is beside its name, however long that is', inBrowser, async (t) => {
  const server = await startServer(t)
  const person = await server.person('ada')
  const name = 'Continuous integration of the measurements'
  const { text } = await person.postJson('/api/rooms/lobby/hooks', { direction: 'in', name })
  await person.request('POST', new URL(JSON.parse(text).url).pathname, JSON.stringify({ text: 'passed' }), {
    'content-type': 'application/json',
  })
  const ada = await RoomPage.open(t, person, phone)
  await ada.shows('passed')
  const [mark, sender] = await Promise.all(
    ['.byline .bot', '.byline .sender'].map((part) => ada.page.locator(part).boundingBox()),
  )
  t.ok(Math.abs((mark?.y ?? 0) - (sender?.y ?? 0)) < 12, 'on the first line')
  t.ok((mark?.x ?? 0) > (sender?.x ?? 0) + 100, 'behind it')
  t.notOk(await overflows(ada.page))
})

t.test('on a phone, names and quotes are large enough for a thumb', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t, phone)
  await bob.say('answer me')
  await bob.shows('answer me')
  await choose(bob, 'answer me', 'Reply')
  await bob.say('an answer')
  await ada.shows('an answer')
  const name = ada.page.locator('.byline .person-link').first()
  const answered = ada.page.locator('.message .reply')

  t.ok(((await answered.boundingBox())?.height ?? 0) >= 36)
  const isAt = (link: Element, above: number) => {
    const { left, top } = link.getBoundingClientRect()
    return document.elementFromPoint(left + 5, top - above)?.closest('a') === link
  }
  t.ok(await name.evaluate(isAt, 8), 'a thumb that lands above the name still hits it')
})

t.test('on a phone, a long press on a message opens its menu', inBrowser, async (t) => {
  const { ada } = await adaAndBob(t, phone)
  await ada.composer.fill('see https://example.org/there')
  await ada.page.getByRole('button', { name: 'Send' }).tap()
  await ada.shows('see')
  const link = await ada.page.locator('.message .text a').boundingBox()
  const touch = await ada.page.context().newCDPSession(ada.page)
  const touchPoints = [{ x: (link?.x ?? 0) + 20, y: (link?.y ?? 0) + 5 }]

  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  await ada.page.getByRole('menu').waitFor()
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await ada.page.getByRole('menuitem', { name: 'Edit' }).tap()

  await ada.page.getByText('Editing your message').waitFor()
  t.equal(ada.page.context().pages().length, 1, 'the link under the finger was not followed')
  t.notOk(await overflows(ada.page))
})

t.test('axe finds nothing in a chat with changed messages, nor in its menus', inBrowser, async (t) => {
  const { ada, bob } = await adaAndBob(t, still)
  await bob.say('answer me')
  await ada.shows('answer me')
  await choose(ada, 'answer me', 'Reply')
  await ada.say('an answer')
  await bob.shows('an answer')
  await choose(bob, 'an answer', 'React with party popper')
  await choose(bob, 'answer me', 'Delete')
  await bob.page.goto('/rooms/lobby?at=2')
  await ada.page.locator('.message.deleted').waitFor()
  await bob.page.locator('.message.marked').waitFor()
  await check(t, bob.page, 'a marked message')
  await check(t, ada.page, 'the menu', () => openMenu(ada, 'an answer'))
  const pick = async () => {
    await openMenu(ada, 'an answer')
    await ada.page.getByRole('menuitem', { name: 'React with another emoji' }).click()
    await ada.page.getByRole('button', { name: 'grinning face', exact: true }).waitFor()
  }
  await check(t, ada.page, 'the emoji', pick)
  await ada.page.keyboard.press('Escape')
  await choose(ada, 'an answer', 'Edit')
  await ada.page.getByText('Editing your message').waitFor()
  await check(t, ada.page, 'an edit')
  await ada.composer.press('Escape')
  await ada.page.goto('/rooms/lobby/messages/2')
  await check(t, ada.page, 'the page of a message')
})

t.test(
  'without JavaScript, a person can react, and open the page to edit a message',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const visitor = await server.person('ada')
    await sayAll(visitor, ['the frist'])
    const page = await (await openBrowser(t, visitor, { javaScriptEnabled: false })).newPage()
    await page.goto('/rooms/lobby')

    await page.getByLabel('Actions for this message from ada').click()
    await page.getByRole('button', { name: '👍' }).click()
    await page.locator('.reaction[aria-pressed="true"]', { hasText: '1' }).click()
    t.equal(await page.locator('.reaction').count(), 0, 'a reaction is removed in place')
    await page.getByLabel('Actions for this message from ada').click()
    await page.getByLabel('Text').fill('the first')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.message.marked', { hasText: 'the first' }).waitFor()
  },
)

async function adaAndBob(
  t: Test,
  { bobsName, ...options }: Parameters<typeof RoomPage.open>[2] & { readonly bobsName?: string } = {},
): Promise<{ server: TestServer; ada: RoomPage; bob: RoomPage }> {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await RoomPage.open(t, await server.person('ada'), options)
  const visitor = await server.person('bob')
  if (bobsName !== undefined) await visitor.post('/account/name', { name: bobsName })
  const bob = await RoomPage.open(t, visitor, still)
  return { server, ada, bob }
}

async function openMenu(room: RoomPage, text: string): Promise<void> {
  const { page } = room
  const message = page.locator('.message', { has: page.locator('.text', { hasText: text }) }).last()
  await message.hover()
  await message.locator('.more').click()
  await page.getByRole('menu').waitFor()
}

async function choose(room: RoomPage, text: string, item: string): Promise<void> {
  await openMenu(room, text)
  await room.page.getByRole('menuitem', { name: item, exact: true }).click()
}

/** Moves the focus from the composer to the messages, past the toolbar. */
async function goToMessages({ composer, page }: RoomPage): Promise<void> {
  await composer.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
}

/** The text of the message whose button has the focus. */
function focusedMessage(room: RoomPage): Promise<string | undefined> {
  return room.page.evaluate(
    () => document.activeElement?.closest('.message')?.querySelector('.text')?.textContent,
  )
}

function focusedLabel(room: RoomPage): Promise<string> {
  return room.page.evaluate(() => {
    const focused = document.activeElement
    return focused?.getAttribute('aria-label') ?? focused?.textContent ?? ''
  })
}

async function isInSight(element: Locator, pane: Locator): Promise<boolean> {
  const [box, window] = [await element.boundingBox(), await pane.boundingBox()]
  return (
    box !== null && window !== null && box.y >= window.y && box.y + box.height <= window.y + window.height
  )
}

/** @param open opens again what a change of the window closes */
async function check(t: Test, page: Page, what: string, open?: () => Promise<void>): Promise<void> {
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 })
    await open?.()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      // Dark differs from light only in its colours.
      const findings = await axeFindings(page, colorScheme === 'dark' ? 'colours' : 'all')
      t.same(findings, [], `${what}: ${colorScheme}, ${width} pixels wide`)
    }
    t.notOk(await overflows(page), `${what}, no wider than ${width} pixels`)
  }
}
