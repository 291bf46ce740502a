import t from 'tap'
import { calculate, openSheet } from '../support/calculator.ts'
import { enter, newRoom } from '../support/chat.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const server = await startServer(t, { RATE_LIMIT: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

/** A room with lines on its sheet, and ada's sockets in the chat and on the sheet. */
async function roomWith(name: string, lines: readonly string[]) {
  const room = await newRoom(ada, name)
  const sheet = await openSheet(ada, room)
  for (const [index, line] of lines.entries()) await calculate(sheet, line, `line-${index}`)
  return { room, sheet, her: await enter(ada, room) }
}

async function say(socket: TestSocket, message: string, id: string): Promise<Frame> {
  socket.send({ message, id })
  return answerTo(socket, id)
}

async function answerTo(socket: TestSocket, id: string): Promise<Frame> {
  for (;;) {
    const frame = await socket.next()
    if (frame.id === id && frame.type !== 'typing') return frame
  }
}

async function setLine(sheet: TestSocket, seq: number, expression: string): Promise<void> {
  sheet.send({ type: 'set', seq, expression, base: 1_000, id: `set-${expression.length}` })
  await sheet.next('done')
}

async function history(person: Visitor, room: string): Promise<Frame[]> {
  return JSON.parse((await person.get(`/api/rooms/${room}/messages`)).text).messages
}

/** Edits a message over HTTP, as ada. */
async function put(path: string, message: string): Promise<Frame> {
  const { text } = await ada.request('PUT', path, JSON.stringify({ message }), {
    'content-type': 'application/json',
    'x-csrf-token': await ada.token('/account'),
  })
  return JSON.parse(text)
}

t.test('expressions in a message keep the values that they had when it was sent', async (t) => {
  const { room, sheet, her } = await roomWith('rent', ['rent = 1250', 'food = 400'])
  const his = await enter(bob, room)

  const said = await say(her, 'So:\n= rent + food\nof which {= rent * 2} is double', 'm1')

  const values = [
    { expression: 'rent + food', text: '1650' },
    { expression: 'rent * 2', text: '2500' },
  ]
  t.strictSame(said.values, values)
  t.strictSame(await his.next('message'), said, 'others get the same frame')

  await setLine(sheet, 1, 'rent = 1350')
  t.strictSame((await history(bob, room))[0]?.values, values, 'even after the sheet has changed')
})

t.test('an edit calculates the expressions that it changes, and a deletion removes all values', async (t) => {
  const { room, sheet, her } = await roomWith('edits', ['rent = 1250'])
  const { seq } = await say(her, '{= rent} and {= rent + 1}', 'm1')
  await setLine(sheet, 1, 'rent = 2000')

  her.send({ type: 'edit', seq, message: '{= rent} and {= rent + 2} and 1', id: 'e1' })
  t.strictSame((await her.next('message')).values, [
    { expression: 'rent', text: '1250' },
    { expression: 'rent + 2', text: '2002' },
  ])
  t.notOk('values' in (await put(`/api/rooms/${room}/messages/${seq}`, 'nothing to calculate')))
  t.strictSame((await put(`/api/rooms/${room}/messages/${seq}`, '= rent')).values, [
    { expression: 'rent', text: '2000' },
  ])

  her.send({ type: 'delete', seq, id: 'd1' })
  await answerTo(her, 'd1')
  t.notOk('values' in ((await history(bob, room))[0] ?? {}))
  const { expression_values } = await app.database
    .selectFrom('messages')
    .innerJoin('rooms', 'rooms.id', 'messages.room_id')
    .select('expression_values')
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
  t.equal(expression_values, null)
})

t.test('nothing is calculated in code, after a backslash or without a space', async (t) => {
  const { her } = await roomWith('code', ['rent = 1250'])
  const plain = [
    '`{= rent}`',
    '`` ` {= rent} ``',
    '```\n= rent\n{= rent}\n```',
    '~~~\n= rent',
    '- one\n\n      {= rent}',
    '\\{= rent}',
    '{=rent}',
    '=rent',
    'a = rent',
    '{= rent',
    '=  ',
  ]
  for (const [index, text] of plain.entries()) {
    const said = await say(her, text, `plain-${index}`)
    t.match(said, { type: 'message', message: text })
    t.notOk('values' in said, text)
  }
  const both = await say(her, '`{= rent}` is {= rent}\n```\n= 1\n```\n= 2', 'both')
  t.strictSame(both.values, [
    { expression: 'rent', text: '1250' },
    { expression: '2', text: '2' },
  ])
})

t.test('a message with an invalid expression is not sent, and the error gives its position', async (t) => {
  const { room, her } = await roomWith('wrong', ['rent = 1250', 'broken = 3'])

  t.match(await say(her, '👍 {= 2 *}', 's'), { type: 'error', id: 's', code: 'syntax' })
  t.match(await say(her, '👍 = 1\n= 12 + nowhere', 'e'), {
    type: 'error',
    code: 'evaluation',
    error: /nowhere/,
    position: '👍 = 1\n= 12 + '.length - 1,
  })
  t.match(await say(her, '= rent = 3', 'd'), { code: 'evaluation', error: /define/, position: 2 })
  t.match(await say(her, '= f(x) = x', 'f'), { code: 'evaluation', error: /define/ })
  t.match(await say(her, '= // nothing', 'n'), { code: 'evaluation' })
  t.match(await say(her, '{= 1} '.repeat(21), 'many'), { code: 'limit', error: /20 expressions/ })
  const heavy = (count: number) =>
    Array.from({ length: count }, (_, index) => `= max(cumsum(1:10000)) + ${index}`).join('\n')
  t.match(await say(her, heavy(20), 'together'), { code: 'evaluation', error: /too much/ })
  t.match(await say(her, '{= 1:1000} {= 1:999} {= 1:998}', 'long'), {
    code: 'evaluation',
    error: /too long/,
  })

  const api = await ada.postJson(`/api/rooms/${room}/messages`, { message: '= 1 +' })
  t.match(
    { status: api.status, body: JSON.parse(api.text) },
    { status: 400, body: { code: 'syntax', position: Number } },
  )
  const form = await ada.post(`/rooms/${room}/messages`, { message: 'so\n= 1 +' })
  t.equal(form.status, 400)
  t.match(form.text, 'so\n= 1 +', 'the form again, with what was written')
  t.strictSame(await history(bob, room), [])
})

t.test('a retry is answered with what was stored, whatever the sheet says by now', async (t) => {
  const { sheet, her } = await roomWith('retry', ['rent = 1250'])
  const said = await say(her, '= rent', 'once')
  sheet.send({ type: 'remove', seq: 1, base: 1, id: 'gone' })
  await sheet.next('done')

  t.strictSame(await say(her, '= rent', 'once'), { ...said, repeat: true })
  t.match(await say(her, '= rent', 'twice'), { type: 'error', code: 'evaluation' })
})

t.test('a message that is being written is previewed with its values', async (t) => {
  const { her } = await roomWith('preview', ['rent = 1250'])
  her.send({ type: 'preview', message: '{= rent * 2} {= rent *} `{= rent}` {= 1/3}', id: 'p1' })
  t.strictSame(await her.next('preview'), {
    type: 'preview',
    id: 'p1',
    values: [
      { expression: 'rent * 2', text: '2500' },
      { expression: '1/3', text: '0.33333333333333', rounded: true },
    ],
  })
  her.send({ type: 'preview', message: 'nothing', id: 'p2' })
  t.strictSame(await her.next('preview'), { type: 'preview', id: 'p2', values: [] })
})

t.test('an expression can use the whole sheet of its room, but no other sheet or expression', async (t) => {
  const { her } = await roomWith('here', ['rent = 1', '40', '2', 'double(x) = 2x'])
  const { her: there } = await roomWith('there', ['rent = 2'])
  const texts = async (socket: TestSocket, message: string) =>
    ((await say(socket, message, 'm')).values as { text: string }[]).map(({ text }) => text)

  t.strictSame(await texts(her, '{= rent} {= 100} {= ans} {= double(rent)} {= total}'), [
    '1',
    '100',
    '2',
    '2',
    '43',
  ])
  t.strictSame(await texts(there, '{= rent} {= today - today}'), ['2', '0 days'])
})

t.test('a message is sent without values if they cannot be calculated in time', async (t) => {
  const { her, room } = await roomWith('late', [])
  const his = await enter(bob, room)
  const { evaluateIn } = app.calculator
  t.teardown(() => Object.assign(app.calculator, { evaluateIn }))
  Object.assign(app.calculator, { evaluateIn: () => new Promise(() => {}) })

  her.send({ message: '= 1 + 1', id: 'hers' })
  t.match(await say(his, 'meanwhile', 'his'), { seq: 1 }, 'nobody else waits for it')
  t.match(await answerTo(his, 'hers'), { seq: 2, message: '= 1 + 1', values: undefined })

  Object.assign(app.calculator, { evaluateIn: () => Promise.reject(new Error('no evaluator')) })
  t.match(await say(her, '= 1 + 1', 'again'), { type: 'message', values: undefined })
  her.send({ type: 'preview', message: '= 1 + 1', id: 'p' })
  t.match(await answerTo(her, 'p'), { code: 'internal' }, 'this is not the same as having no value')
})

t.test('nothing is calculated for a person who may not write', async (t) => {
  const { her, room } = await roomWith('archive', ['rent = 1'])
  await ada.post(`/rooms/${room}/archive`, {})
  t.match(await say(her, '= nowhere', 'm'), { code: 'forbidden' })
  her.send({ type: 'preview', message: '= rent', id: 'p' })
  t.match(await answerTo(her, 'p'), { code: 'forbidden' })
})

t.test('an expression links to its line on the sheet', async (t) => {
  const { room } = await roomWith('find', ['rent = 1', 'food = 2'])
  const leadsTo = async (person: Visitor, expression: string, more = '') => {
    const path = `/rooms/${room}/calculator/find?expression=${encodeURIComponent(expression)}${more}`
    const { status, headers } = await person.get(path)
    return status === 303 ? headers.get('location') : status
  }
  t.equal(await leadsTo(bob, '2 * food + rent'), `/rooms/${room}/calculator#line-2`)
  t.equal(await leadsTo(bob, 'total', '&beside=on'), `/rooms/${room}/calculator?beside=on#line-1`)
  t.equal(await leadsTo(bob, '1 + 1'), `/rooms/${room}/calculator`)
  t.equal(await leadsTo(bob, ' '), 400)

  const secret = (await ada.post('/rooms', { name: 'secret', private: 'on' })).headers.get('location')
  const { status } = await bob.get(`${secret}/calculator/find?expression=rent`)
  t.equal(status, 404)
})

t.test('values survive a restart', async (t) => {
  const folder = temporaryFolder(t)
  const before = await startServer(t, { DATA_DIR: folder })
  const cyd = await before.person('cyd')
  const room = await newRoom(cyd, 'kept')
  const socket = await enter(cyd, room)
  // A busy machine may take longer to start the first evaluator than a message waits.
  const all = [await say(socket, '= 6 * 7', 'm')]
  while (!all.at(-1)?.values) all.push(await say(socket, '= 6 * 7', `m-${all.length}`))
  t.strictSame(all.at(-1)?.values, [{ expression: '6 * 7', text: '42' }])
  await before.app.close()

  const after = await startServer(t, { DATA_DIR: folder })
  const returned = after.visitor()
  await returned.signIn('cyd')
  t.strictSame(await history(returned, room), all)
})
