import { existsSync } from 'node:fs'
import t from 'tap'
import { busyProcess } from '../support/busy.ts'
import {
  calculate,
  calculateAll,
  evaluatorPids,
  fillSheet,
  heardUntil,
  lines,
  openSheet,
  SLOW,
  sheetRev,
  stopSlowEvaluators,
} from '../support/calculator.ts'
import { enter, handled, newRoom } from '../support/chat.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', SIGN_UPS_PER_ADDRESS: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

const inLinux = { skip: existsSync('/proc/self/task') ? false : 'children are found in /proc' }

t.test('a line is evaluated, numbered and sent to all sockets on that sheet, and no others', async (t) => {
  const [desk, phone] = [await openSheet(ada), await openSheet(ada)]
  const other = await openSheet(bob)

  desk.send({ expression: '12*7', id: 'first' })

  const line = await desk.next('result')
  t.strictSame(line, {
    type: 'result',
    seq: 1,
    rev: 1,
    until: 1,
    position: line.position,
    id: 'first',
    sender: 'ada',
    expression: '12*7',
    result: 84,
    kind: 'value',
    text: '84',
    at: line.at,
  })
  t.equal(new Date(String(line.at)).toISOString(), line.at, 'calculated at a time in UTC')
  t.strictSame(await phone.next('result'), line)
  t.match(await calculate(other, '1+1', 'own'), { rev: 1, sender: 'bob', text: '2' })
  t.strictSame(await lines(desk, 0), [])
  t.match(await calculate(phone, '(4+9)/13', 'second'), { rev: 2, text: '1', result: 1 })
})

t.test('in a busy process, the person who asked gets a line before the others do', async (t) => {
  const room = await newRoom(ada, 'busy')
  const [asking, other] = [await openSheet(ada, room), await openSheet(bob, room)]
  const pass = busyProcess(t)
  t.match(await calculate(asking, '1', 'one'), { rev: 1 })
  t.match(await lines(other, 1), [{ id: 'one' }])

  t.match(await calculate(asking, '2', 'two'), { rev: 2 })
  t.match(await calculate(asking, '3', 'three'), { rev: 3 })
  pass(32)
  t.match(await lines(other, 2), [{ id: 'two' }, { id: 'three' }])
})

t.test('the welcome says whose sheet it is, its revision, and who is on it', async (t) => {
  const cyd = await server.person('cyd')
  const own = cyd.socket('/ws/calculator')
  t.strictSame(await own.next(), { type: 'welcome', user: 'cyd', rev: 0, online: ['cyd'], online_count: 1 })
  await calculate(own, '1', 'one')

  const room = await newRoom(cyd, 'welcome')
  const first = await openSheet(cyd, room)
  await calculate(first, '2', 'two')
  t.strictSame(await bob.socket(`/ws/calculator/${room}/`).next(), {
    type: 'welcome',
    room,
    user: 'bob',
    rev: 1,
    online: ['bob', 'cyd'],
    online_count: 2,
  })
  t.match(await first.next('presence'), { joined: ['bob'], left: [] })
})

t.test(
  'twenty people on a room’s sheet see all lines in one order, each once, with its author',
  async (t) => {
    const room = await newRoom(ada, 'twenty')
    const names = Array.from({ length: 20 }, (_, index) => `person-${index}`)
    const people = await Promise.all(names.map((name) => server.person(name)))
    const sockets = await Promise.all(people.map((person) => openSheet(person, room)))

    for (let round = 1; round <= 10; round += 1) {
      for (const [index, socket] of sockets.entries())
        socket.send({ expression: `${index} * 100 + ${round}`, id: `r${round}` })
    }
    const seen = await Promise.all(sockets.map((socket) => lines(socket, 200)))

    const [first = []] = seen
    t.strictSame(
      first.map(({ rev, seq }) => [rev, seq]),
      Array.from({ length: 200 }, (_, index) => [index + 1, index + 1]),
    )
    for (const others of seen) t.strictSame(others, first)
    for (const [index, name] of names.entries()) {
      t.strictSame(
        first.filter(({ sender }) => sender === name).map(({ result }) => result),
        Array.from({ length: 10 }, (_, round) => index * 100 + round + 1),
        'and the lines of one person are in the order in which they wrote them',
      )
    }
  },
)

t.test('a client that connects with `since` gets what came after it, then new lines', async (t) => {
  const room = await newRoom(ada, 'since')
  const writer = await openSheet(ada, room)
  await calculateAll(writer, ['1', '2', '3', '4', '5'])

  for (const since of [0, 3, 5]) {
    const late = await openSheet(bob, room, `?since=${since}`)
    const after = await calculate(writer, '0', `after-${since}`)
    const missed = await lines(late, Number(after.rev) - since)
    t.strictSame(
      missed.map(({ rev }) => rev),
      Array.from({ length: missed.length }, (_, index) => since + index + 1),
      `since ${since}`,
    )
  }
  const live = await openSheet(bob, room)
  await calculate(writer, '9', 'live')
  t.match(await live.next('result'), { id: 'live', rev: 9 }, 'without `since`, only new lines come')
})

t.test(
  'a client that is ahead, or missed more than a thousand lines, is told to load the sheet',
  async (t) => {
    const room = await newRoom(ada, 'reset')
    const writer = await openSheet(ada, room)
    await fillSheet(
      app,
      room,
      'ada',
      Array.from({ length: 1_001 }, () => '1'),
    )
    await lines(writer, 1_001)

    const reachable = await openSheet(bob, room, '?since=1')
    t.match(await reachable.next(), { type: 'result', rev: 2 })
    for (const since of ['0', '1002', '99999999999999999999', '-1', 'x', '']) {
      const socket = await openSheet(bob, room, `?since=${since}`)
      t.strictSame(await socket.next(), { type: 'reset', rev: 1_001 }, since)
    }
  },
)

t.test('a value is computed once: after a restart everyone gets what was stored', async (t) => {
  const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0' }
  const before = await startServer(t, settings)
  const person = await before.person('eve')
  const socket = await openSheet(person)
  await calculateAll(socket, ['x = 5', 'f(n) = n^2', 'f(x)'])
  // A text that no evaluator would give shows whether one was asked again.
  await before.app.database.updateTable('calculations').set({ text: 'stored' }).where('seq', '=', 3).execute()
  await before.app.close()

  const after = await startServer(t, settings)
  const again = new Visitor(after.address)
  for (const [name, value] of person.cookies) again.cookies.set(name, value)
  const back = await openSheet(again, undefined, '?since=0')
  t.strictSame(
    (await lines(back, 3)).map(({ text }) => text),
    ['5', 'f(n) = n^2', 'stored'],
  )
  t.match((await again.get('/calculator')).text, '>stored</span></button>')
  t.strictSame(await calculateAll(back, ['x + f(2)', 'ans + 1']), ['9', '10'], 'and its names hold')
})

t.test(
  'names, functions and `ans` are visible to later lines of their sheet, and to no other sheet',
  async (t) => {
    const room = await newRoom(ada, 'names')
    const here = await openSheet(ada, room)
    const there = await openSheet(bob, room)
    t.strictSame(await calculateAll(here, ['x = 5', 'y = x * 2', 'f(n) = n^2 + x']), [
      '5',
      '10',
      'f(n) = n^2 + x',
    ])
    t.strictSame(
      await calculateAll(there, ['x + y', 'ans * 2', 'f(3)', 'x = 1', 'f(3)', 'y']),
      ['15', '30', '14', '1', '10', '10'],
      'others on the sheet can use them; a function reads a name when it is called, a value does not',
    )

    const elsewhere = await openSheet(ada, await newRoom(ada, 'other names'))
    for (const expression of ['x', 'f(3)', 'ans'])
      t.match(await calculate(elsewhere, expression, 'unknown'), { code: 'evaluation' }, expression)
  },
)

t.test('changes of many people to one name are applied one after another, and none is lost', async (t) => {
  const room = await newRoom(ada, 'counting')
  const people = await Promise.all(Array.from({ length: 8 }, (_, index) => server.person(`counter-${index}`)))
  const sockets = await Promise.all(people.map((person) => openSheet(person, room)))
  const [first] = sockets
  if (!first) return t.fail('nobody came')
  await calculate(first, 'x = 0', 'start')

  for (let round = 0; round < 5; round += 1)
    for (const socket of sockets) socket.send({ expression: 'x = x + 1', id: `x${round}` })
  const counted = await lines(first, 40)
  t.strictSame(
    counted.map(({ result }) => result),
    Array.from({ length: 40 }, (_, index) => index + 1),
  )

  for (let round = 0; round < 5; round += 1)
    for (const socket of sockets) socket.send({ expression: 'ans + 1', id: `ans${round}` })
  t.strictSame(
    (await lines(first, 40)).map(({ result }) => result),
    Array.from({ length: 40 }, (_, index) => index + 41),
  )
  t.match(await calculate(first, 'x', 'end'), { result: 40 })
})

t.test('a retry with the same id is stored once and answered only to its sender', async (t) => {
  const room = await newRoom(ada, 'retry')
  const [sender, other] = [await openSheet(ada, room), await openSheet(bob, room)]

  for (const expression of ['1+1', '1+1', '2+2', 'no such thing(']) sender.send({ expression, id: 'once' })
  sender.send({ expression: '3', id: 'after' })

  const [line, ...rest] = await lines(sender, 5)
  t.match(line, { rev: 1, id: 'once', text: '2', repeat: undefined })
  for (const again of rest.slice(0, 3)) t.strictSame(again, { ...line, repeat: true })
  t.match(rest[3], { id: 'after', rev: 2 })
  t.strictSame(
    (await lines(other, 2)).map(({ id, repeat }) => [id, repeat]),
    [
      ['once', undefined],
      ['after', undefined],
    ],
  )
})

t.test('a retry is answered with what was stored, even if the expression would fail by now', async (t) => {
  const room = await newRoom(ada, 'retry of what fails')
  const socket = await openSheet(ada, room)
  await calculateAll(socket, ['x = 4'])
  const line = await calculate(socket, '12 / x', 'once')
  await calculateAll(socket, ['x = 0'])
  t.match(await calculate(socket, '12 / x', 'other'), { type: 'error', code: 'evaluation' })
  t.strictSame(await calculate(socket, '12 / x', 'once'), { ...line, repeat: true })
})

t.test('an id belongs to its sender and sheet', async (t) => {
  const room = await newRoom(ada, 'ids')
  const [one, two] = [await openSheet(ada, room), await openSheet(bob, room)]
  t.match(await calculate(one, '1', 'same'), { rev: 1, repeat: undefined })
  await two.next('result')
  t.match(await calculate(two, '2', 'same'), { rev: 2, sender: 'bob', repeat: undefined })
  t.match(await calculate(await openSheet(ada, await newRoom(ada, 'ids 2')), '3', 'same'), { rev: 1 })
})

t.test(
  'an invalid expression is reported only to its sender, with the position, and gets no number',
  async (t) => {
    const room = await newRoom(ada, 'errors')
    const [sender, other] = [await openSheet(ada, room), await openSheet(bob, room)]
    const wrong: [expression: string, error: Frame][] = [
      ['12 * (7', { code: 'syntax', position: 7 }],
      ['1 +* 2', { code: 'syntax', position: 3 }],
      ['😀 + 1', { code: 'syntax', position: 0 }],
      ['1 + 𝑥 + 😀', { code: 'syntax', position: 8 }],
      ['x = ', { code: 'syntax' }],
      ['1/0', { code: 'evaluation' }],
      ['foo', { code: 'evaluation', error: /`foo`/ }],
      ['random()', { code: 'evaluation' }],
      ['9^9^9', { code: 'limit' }],
      ['ones(1e5, 1e5)', { code: 'limit' }],
    ]
    for (const [expression, error] of wrong) {
      sender.send({ expression, id: 'wrong' })
      const frame = await sender.next('error')
      t.match(frame, { type: 'error', id: 'wrong', ...error }, expression)
      t.notMatch(frame.error, /node_modules|Error|\.ts|\n/, 'in words for people')
      t.ok(frame.position === undefined || Number(frame.position) <= [...expression].length)
    }
    t.match(await calculate(sender, '1', 'right'), { rev: 1, seq: 1 })
    t.strictSame(
      (await heardUntil(other, 'right')).map(({ id }) => id),
      ['right'],
    )
  },
)

t.test('an expression has 1 to 1,000 Unicode characters', async (t) => {
  const socket = await openSheet(await server.person('dan'))
  const longest = `1${'+1'.repeat(200)}${' '.repeat(599)}`
  t.match(await calculate(socket, longest, 'longest'), { type: 'result', text: '201', expression: longest })
  for (const type of ['evaluate', 'preview'] as const)
    for (const expression of [`${longest} `, '😀'.repeat(1_001)]) {
      socket.send({ type, expression, id: 'long' })
      t.match(await socket.next(), { type: 'error', code: 'too_long', error: /1,000/, id: 'long' })
    }
  socket.send({ expression: '😀'.repeat(1_000), id: 'in' })
  t.match(await socket.next(), { type: 'error', code: 'syntax', id: 'in' }, 'not too long')
})

t.test(
  'a blank expression, one with NUL or another kind of frame is `invalid`, and the socket stays open',
  async (t) => {
    const socket = await openSheet(await server.person('fay'))
    const frames: unknown[] = [
      ...['', ' ', '\n\t', '\u00a0\u3000', '1\0'].map((expression) => ({ expression })),
      ...[5, null, ['1'], { a: 1 }].map((expression) => ({ expression })),
      {},
      { expression: '1', colour: 'red' },
      { expression: '1', id: 'not an id' },
      { type: 'preview' },
      { type: 'message', message: '1' },
      { type: '__proto__', expression: '1' },
    ]
    for (const frame of frames) {
      socket.send(frame)
      t.match(await socket.next(), { type: 'error', code: 'invalid', error: /./ }, JSON.stringify(frame))
    }
    socket.send('1+1')
    t.match(await socket.next(), { type: 'error', code: 'malformed' })
    t.match(await calculate(socket, '1', 'one'), { rev: 1 })
  },
)

t.test('a preview is answered only to the person who asked, and adds no line', async (t) => {
  const room = await newRoom(ada, 'previews')
  const [sender, other] = [await openSheet(ada, room), await openSheet(bob, room)]

  sender.send({ type: 'preview', expression: '12*7', id: 'p1' })
  t.strictSame(await sender.next('preview'), {
    type: 'preview',
    id: 'p1',
    kind: 'value',
    result: 84,
    text: '84',
  })
  sender.send({ type: 'preview', expression: 'x = 5', id: 'p2' })
  t.strictSame(await sender.next('preview'), {
    type: 'preview',
    id: 'p2',
    kind: 'definition',
    result: 5,
    text: '5',
  })
  sender.send({ type: 'preview', expression: 'x', id: 'p3' })
  t.match(
    await sender.next('preview'),
    { type: 'preview', id: 'p3', error: /`x`/ },
    'a name in a preview is not kept',
  )
  sender.send({ type: 'preview', expression: '12 * (7', id: 'p4' })
  t.strictSame(
    await sender.next('preview'),
    { type: 'preview', id: 'p4', error: 'A closing parenthesis is missing.', position: 7 },
    'its error is in its frame',
  )
  sender.send({ type: 'preview', expression: '1' })
  t.strictSame(await sender.next('preview'), { type: 'preview', kind: 'value', result: 1, text: '1' })

  t.match(await calculate(sender, '1', 'line'), { rev: 1 })
  t.strictSame(
    (await heardUntil(other, 'line')).map(({ id }) => id),
    ['line'],
  )
})

t.test('a preview uses the current names of the sheet', async (t) => {
  const room = await newRoom(ada, 'previews with names')
  const [sender, other] = [await openSheet(ada, room), await openSheet(bob, room)]
  const shown = async (expression: string) => {
    other.send({ type: 'preview', expression, id: 'p' })
    const { text, error } = await other.next('preview')
    return text ?? error
  }
  await calculateAll(sender, ['x = 5', 'f(n) = n + x'])
  t.equal(await shown('f(1) * 2'), '12')
  await calculateAll(sender, ['x = 6', '40 + 2'])
  t.equal(await shown('f(1) * 2'), '14')
  t.equal(await shown('ans'), '42')
})

t.test('a new preview cancels an older one, and a line cancels the preview before it', async (t) => {
  const socket = await openSheet(await server.person('gus'))
  socket.send({ type: 'preview', expression: SLOW, id: 'slow' })
  socket.send({ type: 'preview', expression: '1', id: 'newer' })
  t.match(await socket.next(), { id: 'newer', text: '1' })
  socket.send({ type: 'preview', expression: SLOW, id: 'slow too' })
  t.match(await calculate(socket, '2', 'line'), { rev: 1, text: '2' }, 'the line does not wait for it')
  await handled(socket)
  t.strictSame(socket.drain(), [])
})

t.test('a slow expression delays neither lines nor previews of others', inLinux, async (t) => {
  const room = await newRoom(ada, 'slow')
  const [slow, neighbour] = [await openSheet(ada, room), await openSheet(bob, room)]
  t.match(
    await calculate(slow, SLOW, 'first'),
    { type: 'result' },
    'there is an evaluator for slow expressions',
  )
  t.match(await neighbour.next('result'), { id: 'first' })

  // However long the lines of the neighbour take on a busy machine.
  const goOn = stopSlowEvaluators()
  const slowOne = calculate(slow, `${SLOW} + 1`, 'slow')
  neighbour.send({ type: 'preview', expression: '12*7', id: 'preview' })
  t.match(await neighbour.next('preview'), { id: 'preview', text: '84' })
  t.match(await calculate(neighbour, '12*7', 'line'), { rev: 2, text: '84' })
  goOn()
  t.match(await slowOne, { rev: 3 })
})

t.test('an expression that takes too much work is a `limit` error, and its sender can go on', async (t) => {
  const room = await newRoom(ada, 'much work')
  const socket = await openSheet(ada, room)
  // Each calls the one before twice: two to the power of thirty calls.
  await calculate(socket, 'f0(n) = n + 1', 'f0')
  for (let number = 1; number <= 30; number += 1)
    await calculate(socket, `f${number}(n) = f${number - 1}(n) + f${number - 1}(n)`, `f${number}`)
  t.match(await calculate(socket, 'f30(1)', 'slow'), { type: 'error', code: 'limit' })
  t.match(await calculate(socket, '12*7', 'next'), { rev: 32, text: '84' })
})

t.test('a sheet can have five hundred names, which can still be changed after that', async (t) => {
  const room = await newRoom(ada, 'names without end')
  const socket = await openSheet(ada, room)
  const names = Array.from({ length: 500 }, (_, index) => `name${index + 1} = ${index + 1}`)
  await fillSheet(app, room, 'ada', names)
  for (const expression of ['one_more = 1', 'f(n) = n'])
    t.match(await calculate(socket, expression, 'more'), { type: 'error', code: 'limit', error: /500 names/ })
  t.match(await calculate(socket, 'name500 = name499 + 2', 'same'), { rev: 501, text: '501' })
  t.match(await calculate(socket, 'name1 + 1', 'none'), { rev: 502, text: '2' })
})

t.test('a sheet that does not exist closes with 4004, and one without a session with 4001', async (t) => {
  t.equal((await ada.socket('/ws/calculator/no-such-room').closed()).code, 4004)
  t.equal((await server.visitor().socket('/ws/calculator').closed()).code, 4001)
  t.equal((await server.visitor().socket('/ws/calculator/lobby').closed()).code, 4001)
  t.equal((await ada.get('/rooms/no-such-room/calculator')).status, 404)
  t.equal((await ada.post('/rooms/no-such-room/calculator', { expression: '1' })).status, 404)
  const { status, headers } = await server.visitor().get('/rooms/lobby/calculator')
  t.strictSame([status, headers.get('location')], [303, '/sign-in?next=%2Frooms%2Flobby%2Fcalculator'])
})

t.test('signing out closes the sockets on sheets with 4001', async (t) => {
  const ida = await server.person('ida')
  const [own, shared] = [await openSheet(ida), await openSheet(ida, 'lobby')]
  await ida.signOut()
  t.equal((await own.closed()).code, 4001)
  t.equal((await shared.closed()).code, 4001)
})

t.test('leaving a room closes only the sockets on its sheet', async (t) => {
  const room = await newRoom(ada, 'left by sheet')
  const [shared, own] = [await openSheet(ada, room), await openSheet(ada)]
  const stays = await openSheet(bob, room)

  t.equal((await ada.post(`/rooms/${room}/leave`, {})).status, 303)

  t.equal((await shared.closed()).code, 4003)
  t.match(await calculate(own, '2+2', 'own'), { text: '4' })
  t.match(await calculate(stays, '2+2', 'stays'), { text: '4' })
})

t.test('opening the sheet of a room joins the room', async (t) => {
  const joe = await server.person('joe')
  const room = await newRoom(ada, 'joined by sheet')
  await openSheet(joe, room)
  const there = await enter(ada, room)
  t.match((await joe.get('/')).text, new RegExp(`href="/rooms/${room}"`))
  there.close()
})

t.test(
  'the page shows all lines with their values, and the revision that its socket starts from',
  async (t) => {
    const kim = await server.person('kim')
    const room = await newRoom(kim, 'A <b>sheet</b>')
    await openSheet(kim, room)
    await fillSheet(
      app,
      room,
      'kim',
      Array.from({ length: 60 }, (_, index) => `${index} + 1000`),
    )
    await calculate(await openSheet(bob, room), '1 < 2', 'bob')

    const { status, text } = await kim.get(`/rooms/${room}/calculator`)
    t.equal(status, 200)
    t.match(text, 'data-rev="61"')
    t.equal(text.match(/<div class="line calculation( own)?" role="listitem" id="line-[1-9]/g)?.length, 61)
    t.match(text, '1 &lt; 2')
    t.match(text, /<b class="sender" dir="auto">bob<\/b>/)
    t.match(text, '&lt;b&gt;sheet&lt;/b&gt;')
    t.notMatch(text, '<b>sheet</b>')
  },
)

t.test('without JavaScript, a form adds a line and shows the page again', async (t) => {
  const lea = await server.person('lea')
  const room = await newRoom(lea, 'forms')
  for (const [path, value] of [
    ['/calculator', '84'],
    [`/rooms/${room}/calculator`, '144'],
  ] as const) {
    const { status, headers } = await lea.post(path, { expression: `12*${Number(value) / 12}` }, path)
    t.strictSame([status, headers.get('location')], [303, path])
    t.match((await lea.get(path)).text, `>${value}</span>`)
  }
  t.equal((await lea.postBare('/calculator', { expression: '1' })).status, 403, 'not without a form token')
})

t.test('a line is changed, moved and removed with forms, with the same rules as on a socket', async (t) => {
  const [max, room] = [await server.person('max'), await newRoom(ada, 'lines')]
  const path = `/rooms/${room}/calculator`
  const texts = async () => {
    const { lines: found } = JSON.parse((await max.get(`/api/sheets/${room}`)).text)
    return found.map(({ expression, text }: Frame) => `${expression}: ${text}`)
  }
  for (const expression of ['x = 5', 'x * 2']) await max.post(path, { expression }, path)
  t.same(await texts(), ['x = 5: 5', 'x * 2: 10'])

  const change = { expression: 'x = 6', base: '2' }
  const { status, headers } = await max.post(`${path}/lines/1`, change)
  t.strictSame([status, headers.get('location')], [303, `${path}#line-1`])
  t.same(await texts(), ['x = 6: 6', 'x * 2: 12'])
  const conflict = await ada.post(`${path}/lines/1`, { expression: 'x = <7>', base: '2' })
  t.equal(conflict.status, 400)
  t.match(conflict.text, /Theirs<\/b> <code dir="ltr">x = 6</)
  t.match(conflict.text, /Yours<\/b> <code dir="ltr">x = &lt;7&gt;</)
  t.equal((await max.post(`${path}/lines/2/move`, { direction: 'up' })).status, 303)
  t.equal((await max.post(`${path}/lines/1/insert`, { expression: '# Six' })).status, 303)
  t.same(await texts(), ['x * 2: 12', '# Six: ', 'x = 6: 6'])

  for (const [address, fields] of [
    ['lines/1', { expression: 'two\nlines', base: '9' }],
    ['lines/1', { expression: 'x = 1', base: 'nine' }],
    ['lines/1', { expression: '1'.repeat(1_001), base: '9' }],
    ['lines/1/move', { direction: 'sideways' }],
  ] as const)
    t.equal((await max.post(`${path}/${address}`, fields)).status, 400, JSON.stringify(fields).slice(0, 60))
  t.equal((await max.postBare(`${path}/lines/1`, change)).status, 403, 'not without a form token')
  t.equal((await max.post(`${path}/lines/99`, change)).status, 404)
  t.equal((await max.post('/calculator/lines/1', change)).status, 404, 'nor on their own sheet without one')
  t.equal((await max.post(`${path}/lines/1/remove`, { base: '100' })).status, 303)
  t.equal((await max.get(`${path}/lines/1`)).status, 404)
})

t.test('a sheet is exported with its values, and no cell is a formula', async (t) => {
  const [nia, room] = [await server.person('nia'), await newRoom(ada, 'export')]
  const socket = await openSheet(nia, room)
  const expressions = [
    '# Budget',
    '// "quoted", and',
    'rent = 1250.5',
    '-3',
    '@x',
    '1/3',
    '',
    'a `b',
    '// a;b',
  ]
  const changes = expressions.map((expression) => ({ type: 'insert', expression, before: null }))
  socket.send({ type: 'edit', changes, id: 'all' })
  await socket.next('done')

  const sheet = await nia.get(`/rooms/${room}/calculator.csv`)
  t.match(sheet.headers.get('content-type'), 'text/csv')
  t.equal(sheet.headers.get('content-disposition'), `attachment; filename="${room}-calculator.csv"`)
  t.same(sheet.text.split('\r\n').slice(0, 5), [
    'line,value,error',
    '# Budget,,',
    '"// ""quoted"", and",,',
    'rent = 1250.5,1250.5,',
    '-3,-3,',
  ])
  t.match(sheet.text, '"// a;b",,', 'and a semicolon does not separate cells')
  t.match(sheet.text, /^'@x,,/m, 'text that begins like a formula is text')
  const text = (await nia.get(`/rooms/${room}/calculator.md`)).text
  t.match(text, '## Budget')
  t.match(text, '- `rent = 1250.5` = **1250.5**')
  t.match(text, '- `` a `b ``', 'and no line breaks out of its code block')
  t.equal((await nia.get('/calculator.csv')).text, 'line,value,error\r\n')
  await fillSheet(
    app,
    room,
    'nia',
    Array.from({ length: 1_100 }, (_, index) => `${index}`),
  )
  const long = (await nia.get(`/rooms/${room}/calculator.csv`)).text.trim().split('\r\n')
  t.equal(long.length, 1 + expressions.length + 1_100)
  t.equal(long.at(-1), '1099,1099,')
})

t.test('a form that is sent twice adds one line', async (t) => {
  const room = await newRoom(ada, 'twice')
  const path = `/rooms/${room}/calculator`
  const id = /name="id" value="([^"]+)"/.exec((await ada.get(path)).text)?.[1] ?? ''
  t.ok(id)
  for (let time = 1; time <= 2; time += 1)
    t.equal((await ada.post(path, { expression: 'x = 1', id }, path)).status, 303)
  t.equal(await sheetRev(app, room), 1)
  t.not(/name="id" value="([^"]+)"/.exec((await ada.get(path)).text)?.[1], id)

  const insertion = /name="id" value="([^"]+)"/.exec((await ada.get(`${path}/lines/1`)).text)?.[1] ?? ''
  t.ok(insertion)
  for (let time = 1; time <= 2; time += 1)
    t.equal((await ada.post(`${path}/lines/1/insert`, { expression: 'y = 2', id: insertion })).status, 303)
  t.equal(await sheetRev(app, room), 2)
})

t.test('a value is copied as shown, and a rounded one with all known digits', async (t) => {
  const room = await newRoom(ada, 'copies')
  const expressions = ['255 to hex', '0.15 to %', '2^100', '1/3', '1.5 + 2.5i', '2.5 m']
  await calculateAll(await openSheet(ada, room), expressions)
  const path = `/rooms/${room}/calculator`
  const { text } = await ada.get(path, { 'accept-language': 'de' })
  const copied = [...text.matchAll(/data-action="copy" data-text="([^"]*)"/g)].map(([, value]) => value)
  t.same(copied, [
    '0xff',
    '15%',
    '1267650600228229401496703205376',
    '0.3333333333333333',
    '1.5 + 2.5i',
    '2.5 m',
  ])
  t.match(
    text,
    '<span class="whole">1.5</span><span class="rest"> + 2.5i</span>',
    'no part of it is in German',
  )
  t.match(text, '<span class="whole">2</span><span class="rest">,5 m</span>')
  t.match((await ada.get(`${path}/lines/4`)).text, 'value="1/3 ≈ 0.333', 'and it is posted as a rounded one')
  t.match((await ada.get(`${path}/lines/2`)).text, 'value="0.15 to % = 15%"')
})

t.test(
  'an expression that cannot be calculated brings back the form with 400, the text and the error',
  async (t) => {
    const room = await newRoom(ada, 'form errors')
    const path = `/rooms/${room}/calculator`
    const wrong: [expression: string, shown: string, error: RegExp][] = [
      ['12 * (7', '12 * (7', /A closing parenthesis is missing/],
      ['1/0', '1/0', /Division by zero/],
      ['"><script>', '&quot;&gt;&lt;script&gt;', /<p class="fault"[^>]*>[^<]+/],
      ['', '', /1 to 1,000 characters/],
      [' ', ' ', /1 to 1,000 characters/],
      ['1'.repeat(1_001), '1'.repeat(1_001), /1 to 1,000 characters/],
    ]
    for (const [expression, shown, error] of wrong) {
      const { status, text } = await ada.post(path, { expression }, path)
      t.equal(status, 400)
      t.match(text, `name="expression" value="${shown}"`)
      t.match(text, error)
      t.notMatch(text, '<script>')
    }
    t.equal(await sheetRev(app, room), 0)
  },
)

t.test('an evaluator that dies affects no other line', inLinux, async (t) => {
  const room = await newRoom(ada, 'dying')
  const [socket, neighbour] = [await openSheet(ada, room), await openSheet(bob, room)]
  const slow = calculate(socket, SLOW, 'slow')
  await calculate(neighbour, '1*7', 'while the other is slow')

  for (const pid of evaluatorPids()) process.kill(pid, 'SIGKILL')

  t.match(await calculate(neighbour, '2*7', 'after'), { text: '14' })
  t.match((await slow).type, /^(error|result)$/)
  t.match(await calculate(socket, '12*7', 'next'), { text: '84' })
})

t.test('a line whose evaluators all die gets an error instead of waiting for ever', inLinux, async (t) => {
  const socket = await openSheet(ada, await newRoom(ada, 'dying each time'))
  const answers: Frame[] = []
  const slow = calculate(socket, SLOW, 'slow').then((frame) => answers.push(frame))
  while (answers.length === 0) {
    for (const pid of evaluatorPids()) process.kill(pid, 'SIGKILL')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await slow
  t.match(answers[0], { type: 'error', code: /^(limit|timeout|internal)$/, id: 'slow' })

  let tries = 0
  let next: Frame = {}
  while (next.type !== 'result' && tries < 10) {
    tries += 1
    // With one id, as a client that tries again: a busy machine may store a line that it could no longer answer in time.
    next = await calculate(socket, '12*7', 'after')
  }
  t.match(next, { rev: 1, text: '84' }, 'it can be calculated again later')
})
