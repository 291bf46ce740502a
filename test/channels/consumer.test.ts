import t, { type Test } from 'tap'
import { Type } from 'typebox'
import {
  Consumer,
  JsonConsumer,
  type Receives,
  type ReceivesOther,
} from '../../src/channels/consumers/consumer.ts'
import { defineConsumer } from '../../src/channels/consumers/define-consumer.ts'
import { FrameError } from '../../src/channels/consumers/errors.ts'
import {
  compileFrames,
  FrameId,
  type FrameOf,
  type FrameSchemas,
  Text,
} from '../../src/channels/consumers/frames.ts'
import { shareHeaders } from '../../src/channels/consumers/shared-headers.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { communicate } from '../../src/channels/testing/communicator.ts'
import { channelsApp, ERROR, person, WARNING } from '../support/channels.ts'
import { gate, Notes, settled } from '../support/notes.ts'

const ada = person('ada')
const bob = person('bob')

/** Answers what it is sent, as a JSON string. */
class Echo extends Consumer {
  override receive(text: string) {
    this.send(JSON.stringify(text))
  }
}

t.test('a consumer answers frames', async (t) => {
  const { app } = await channelsApp(t, { '/ws/echo': Echo })
  const socket = communicate(app, '/ws/echo', { as: ada })
  await socket.connect()

  socket.send('hello')

  t.equal(await socket.receive(), 'hello')
  t.ok(await socket.receiveNothing())
  await socket.disconnect()
})

t.test('a consumer receives and sends binary frames, in order with text frames', async (t) => {
  class Mixed extends Consumer {
    override receive(text: string) {
      this.send(text.toUpperCase())
    }
    override receiveBytes(bytes: Buffer) {
      this.sendBytes(bytes.toReversed())
    }
  }
  const { app } = await channelsApp(t, { '/ws/mixed': Mixed, '/ws/echo': Echo })
  const socket = communicate(app, '/ws/mixed', { as: ada })
  await socket.connect()
  socket.send(Buffer.of(1, 2, 3))
  socket.send('a text')
  socket.send(Buffer.alloc(300, 7))
  t.same(await socket.receiveBytes(), Buffer.of(3, 2, 1))
  t.equal(await socket.receiveText(), 'A TEXT')
  t.same(await socket.receiveBytes(), Buffer.alloc(300, 7))
  await socket.disconnect()

  const echo = communicate(app, '/ws/echo', { as: ada })
  await echo.connect()
  echo.send(Buffer.of(1))
  t.equal(await echo.closed(), 1003, 'a consumer without receiveBytes closes')
})

t.test('a function defines what a socket does with events, texts and JSON', async (t) => {
  const { app } = await channelsApp(t, {
    '/ws/shout': (socket) => ({
      connect: () => socket.groupAdd('shouts'),
      receiveJson: ({ message }) =>
        app.channelLayer.groupSend('shouts', { type: 'shout.heard', message: `${message}!` }),
      'shout.heard': ({ message }: { message: string }) => socket.sendJson({ message }),
    }),
    '/ws/visit': defineConsumer((socket) => ({ connect: () => socket.send('welcome') }), { anonymous: true }),
  })
  const [one, other] = [
    communicate(app, '/ws/shout', { as: ada }),
    communicate(app, '/ws/shout', { as: bob }),
  ]
  await one.connect()
  await other.connect()
  one.send({ message: 'hello' })
  t.same(await one.receive(), { message: 'hello!' })
  t.same(await other.receive(), { message: 'hello!' })
  one.send('[1]')
  t.match(await one.receive(), { type: 'error', code: 'malformed' }, 'JSON is an object')

  const visitor = communicate(app, '/ws/visit')
  await visitor.connect()
  t.equal(await visitor.receiveText(), 'welcome')
  const stranger = communicate(app, '/ws/shout')
  await stranger.connect()
  t.equal(await stranger.closed(), CloseCode.signedOut)
  await Promise.all([one.disconnect(), other.disconnect(), visitor.disconnect()])
})

t.test('headers stay as they were, however many different ones arrive', async (t) => {
  const sent = (client: number) => ({
    host: 'localhost',
    cookie: `session=${client}`,
    'user-agent': `client ${client}`,
    'accept-language': 'de'.repeat(client % 300),
  })
  const kept = Array.from({ length: 3_000 }, (_, client) => sent(client % 1_700))
  for (const headers of kept) shareHeaders(headers)
  t.strictSame(
    kept,
    kept.map((_, client) => sent(client % 1_700)),
  )
})

t.test('a consumer knows its path, parameters, query, headers, address and identity', async (t) => {
  class Scoped extends Consumer {
    override connect() {
      const { path, params, query, headers, client, identity } = this.scope
      const { since } = Object.fromEntries(query)
      this.send(
        JSON.stringify({
          path,
          params,
          since,
          agent: headers['user-agent'],
          client,
          name: identity?.user.name,
        }),
      )
    }
  }
  const { app } = await channelsApp(t, { '/ws/rooms/:room': Scoped })
  const socket = communicate(app, '/ws/rooms/caf%C3%A9?since=7', {
    as: ada,
    headers: { 'user-agent': 'a test' },
  })
  await socket.connect()

  t.same(await socket.receive(), {
    path: '/ws/rooms/caf%C3%A9',
    params: { room: 'café' },
    since: '7',
    agent: 'a test',
    client: { address: '127.0.0.1' },
    name: 'ada',
  })
})

t.test('a client that is not signed in is closed with 4001, and no consumer is made', async (t) => {
  const notes = new Notes()
  class Members extends Echo {
    override connect() {
      notes.add('connect')
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { app } = await channelsApp(t, { '/ws/members': Members })
  const socket = communicate(app, '/ws/members')
  await socket.connect()

  t.equal(await socket.closed(), CloseCode.signedOut)
  t.same(notes.list, [])
})

t.test('a consumer may accept clients that are not signed in, and then has no identity', async (t) => {
  class Open extends Echo {
    static override readonly anonymous = true
    override connect() {
      this.send(JSON.stringify(this.scope.identity))
    }
    override receive() {
      this.send(this.identity.user.name)
    }
  }
  const { app, logged } = await channelsApp(t, { '/ws/open': Open })
  const socket = communicate(app, '/ws/open')
  await socket.connect()
  t.equal(await socket.receive(), null)

  socket.send('who am I?')

  t.equal(await socket.closed(), CloseCode.internalError)
  t.match(logged, [{ level: ERROR, err: { message: /nobody is signed in/ } }])
})

t.test('connect may refuse, with a close code as the reason', async (t) => {
  class Door extends Echo {
    override async connect() {
      await settled()
      if (this.scope.params.room === 'private') return this.close(CloseCode.forbidden, 'members only')
      if (this.scope.params.room === 'nowhere') return this.close(CloseCode.notFound, 'no such room')
    }
  }
  const { app, logged } = await channelsApp(t, { '/ws/rooms/:room': Door })
  for (const [room, code] of [
    ['private', 4003],
    ['nowhere', 4004],
  ]) {
    const socket = communicate(app, `/ws/rooms/${room}`, { as: ada })
    await socket.connect()
    t.equal(await socket.closed(), code)
  }
  t.same(logged, [])
})

t.test('a frame sent before a refusal arrives, and one sent after it does not', async (t) => {
  class Refusing extends Consumer {
    override connect() {
      this.send('"before"')
      this.close(CloseCode.forbidden)
      this.send('"after"')
    }
  }
  const { app } = await channelsApp(t, { '/ws/refusing': Refusing })
  const socket = communicate(app, '/ws/refusing', { as: ada })
  await socket.connect()

  t.equal(await socket.receive(), 'before')
  await t.rejects(socket.receive(), { code: CloseCode.forbidden })
})

/** A consumer that notes everything that happens to it, and whose `connect` waits. */
function noting(opened: Promise<void>) {
  const notes = new Notes()
  class Noting extends Consumer {
    override async connect() {
      notes.add('connect')
      await this.groupAdd('group')
      await opened
      if (this.scope.query.has('refuse')) this.close(CloseCode.forbidden)
      if (this.scope.query.has('throw')) throw new Error('connect fails')
      notes.add('connected')
    }
    override async receive(text: string) {
      notes.add(`${text} begins`)
      await settled()
      notes.add(`${text} ends`)
    }
    override disconnect(code: number) {
      notes.add(`disconnect ${code}`)
    }
    'test.event'(event: ChannelEvent) {
      notes.add(`event ${event.text}`)
    }
  }
  return { notes, Noting }
}

t.test('frames and events that arrive while connect runs wait for it, in order', async (t) => {
  const { opened, open } = gate()
  const { notes, Noting } = noting(opened)
  const { app } = await channelsApp(t, { '/ws/noting': Noting })
  const socket = communicate(app, '/ws/noting', { as: ada })
  await socket.connect()
  socket.send('one')
  socket.send('two')
  await settled()
  await app.channelLayer.groupSend('group', { type: 'test.event', text: 'three' })
  socket.send('four')
  await settled()
  t.same(notes.list, ['connect'])

  open()

  await notes.has('four ends')
  t.same(notes.list, [
    'connect',
    'connected',
    'one begins',
    'one ends',
    'two begins',
    'two ends',
    'event three',
    'four begins',
    'four ends',
  ])
})

t.test('many frames sent at once are kept in order while connect runs', async (t) => {
  const { opened, open } = gate()
  const { notes, Noting } = noting(opened)
  const { app } = await channelsApp(t, { '/ws/noting': Noting }, { limits: { framesPerSecond: 0 } })
  const socket = communicate(app, '/ws/noting', { as: ada })
  await socket.connect()
  for (let number = 0; number < 500; number += 1) socket.send(String(number))
  await settled()

  open()

  await notes.has('499 ends')
  const begun = notes.list.filter((note) => note.endsWith(' begins'))
  t.same(
    begun,
    Array.from({ length: 500 }, (_, number) => `${number} begins`),
  )
})

for (const how of ['refuse', 'throw']) {
  t.test(`nothing is delivered to a consumer whose connect ends with: ${how}`, async (t) => {
    const { opened, open } = gate()
    const { notes, Noting } = noting(opened)
    const { app } = await channelsApp(t, { '/ws/noting': Noting })
    const socket = communicate(app, `/ws/noting?${how}`, { as: ada })
    await socket.connect()
    await notes.has('connect')
    socket.send('a frame')
    await settled()
    await app.channelLayer.groupSend('group', { type: 'test.event', text: 'early' })

    open()
    await settled()
    await app.channelLayer.groupSend('group', { type: 'test.event', text: 'late' })

    const code = how === 'throw' ? CloseCode.internalError : CloseCode.forbidden
    t.equal(await socket.closed(), code)
    await notes.has(`disconnect ${code}`)
    t.notMatch(notes.list.join(), /frame|event/)
  })
}

t.test('nothing more is delivered to a consumer that has closed or failed', async (t) => {
  const notes = new Notes()
  class Closing extends Consumer {
    override async receive(text: string) {
      notes.add(text)
      await settled()
      if (text === 'close') this.close(4000)
      if (text === 'throw') throw new Error('receive fails')
    }
    'test.event'() {
      notes.add('event')
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { app } = await channelsApp(t, { '/ws/closing': Closing })
  for (const how of ['close', 'throw']) {
    const socket = communicate(app, '/ws/closing', { as: ada })
    await socket.connect()
    for (const text of [how, 'more', 'and more']) socket.send(text)
    await socket.closed()
  }
  await notes.has('disconnect', 2)
  t.same(notes.list, ['close', 'disconnect', 'throw', 'disconnect'])
})

t.test('disconnect waits for what is running, and what was waiting is dropped', async (t) => {
  const { opened, open } = gate()
  const notes = new Notes()
  class Slow extends Consumer {
    override async receive(text: string) {
      notes.add(`${text} begins`)
      await opened
      notes.add(`${text} ends`)
    }
    override disconnect(code: number) {
      notes.add(`disconnect ${code}`)
    }
  }
  const { app } = await channelsApp(t, { '/ws/slow': Slow })
  const socket = communicate(app, '/ws/slow', { as: ada })
  await socket.connect()
  socket.send('one')
  socket.send('two')
  await notes.has('one begins')

  await socket.disconnect(4321)
  open()

  await notes.has('disconnect 4321')
  t.same(notes.list, ['one begins', 'one ends', 'disconnect 4321'])
})

t.test('a connection that ends while connect runs is disconnected once, after that', async (t) => {
  const { opened, open } = gate()
  const { notes, Noting } = noting(opened)
  const { app } = await channelsApp(t, { '/ws/noting': Noting })
  const socket = communicate(app, '/ws/noting', { as: ada })
  await socket.connect()
  socket.send('one')
  await notes.has('connect')

  await socket.disconnect()
  await settled()
  open()

  await notes.has('disconnect 1000')
  await settled()
  t.same(notes.list, ['connect', 'connected', 'disconnect 1000'])
})

t.test('disconnect runs once, however the connection ended', async (t) => {
  const { notes, Noting } = noting(Promise.resolve())
  const { app } = await channelsApp(t, { '/ws/noting': Noting })
  const ends = ['', '?refuse', '?throw', '?refuse&throw']
  for (const query of ends) {
    const socket = communicate(app, `/ws/noting${query}`, { as: ada })
    await socket.connect()
    if (query === '') await notes.has('connected')
    await socket.disconnect()
  }
  const staying = communicate(app, '/ws/noting', { as: ada })
  await staying.connect()
  await notes.has('connect', 5)
  await app.close()
  await settled()

  t.equal(notes.list.filter((note) => note.startsWith('disconnect')).length, ends.length + 1)
})

t.test('an event is handled by the method with exactly the name of its type', async (t) => {
  const notes = new Notes()
  class Listening extends Consumer {
    override async connect() {
      await this.groupAdd('group')
      this.send(JSON.stringify(this.channel))
    }
    'test.one'(event: ChannelEvent) {
      notes.add(`one ${event.number}`)
    }
    async 'test.two'(event: ChannelEvent) {
      await settled()
      notes.add(`two ${event.number}`)
    }
  }
  const { app } = await channelsApp(t, { '/ws/listening': Listening })
  const socket = communicate(app, '/ws/listening', { as: ada })
  await socket.connect()
  const channel = String(await socket.receive())

  await app.channelLayer.groupSend('group', { type: 'test.two', number: 1 })
  await app.channelLayer.send(channel, { type: 'test.one', number: 2 })
  await app.channelLayer.groupSend('group', { type: 'test.one', number: 3 })

  await notes.has('one 3')
  t.same(notes.list, ['two 1', 'one 2', 'one 3'])
})

const forged = [
  'connect',
  'receive',
  'disconnect',
  'receiveSay',
  'frames',
  'send',
  'sendJson',
  'close',
  'groupAdd',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'app',
  'scope.path',
  'test.field',
  '',
  '.',
]

t.test('no event can reach a lifecycle method, or anything that is not a handler', async (t) => {
  const notes = new Notes()
  class Guarded extends JsonConsumer {
    readonly 'test.field' = 'no method'
    override async connect() {
      notes.add('connect')
      await this.groupAdd('group')
    }
    receiveSay() {
      notes.add('receiveSay')
    }
    override disconnect() {
      notes.add('disconnect')
    }
    'test.end'() {
      this.sendJson({ type: 'end' })
    }
  }
  const { app, logged } = await channelsApp(t, { '/ws/guarded': Guarded })
  const socket = communicate(app, '/ws/guarded', { as: ada })
  await socket.connect()
  await settled()
  app.sockets.strict = false

  for (const type of forged) await app.channelLayer.groupSend('group', { type, code: 4000 })
  await app.channelLayer.groupSend('group', { type: 'test.end' })

  t.same(await socket.receive(), { type: 'end' })
  t.same(notes.list, ['connect'])
  t.same(
    logged.map((line) => [line.level, line.event]),
    forged.map((type) => [WARNING, type]),
  )
})

t.test('an event without a handler fails the consumer in a test', async (t) => {
  class Deaf extends Consumer {
    override async connect() {
      await this.groupAdd('group')
    }
  }
  const { app, logged } = await channelsApp(t, { '/ws/deaf': Deaf })
  const socket = communicate(app, '/ws/deaf', { as: ada })
  await socket.connect()

  await app.channelLayer.groupSend('group', { type: 'test.unknown' })

  t.equal(await socket.closed(), CloseCode.internalError)
  t.match(logged, [{ err: { message: 'Deaf has no handler for the event test.unknown' } }])
})

t.test(
  'a consumer too slow for its events loses those beyond a thousand, without affecting others',
  async (t) => {
    const { opened, open } = gate()
    const notes = new Notes()
    class Slow extends Consumer {
      #count = 0
      override async connect() {
        await this.groupAdd('group')
        if (this.scope.query.has('slow')) await opened
        notes.add('connected')
      }
      'test.event'() {
        this.#count += 1
      }
      'test.count'() {
        this.send(String(this.#count))
      }
    }
    const { app, logged } = await channelsApp(t, { '/ws/slow': Slow })
    const slow = communicate(app, '/ws/slow?slow', { as: ada })
    const quick = communicate(app, '/ws/slow', { as: bob })
    await slow.connect()
    await quick.connect()
    await notes.has('connected')

    for (let event = 0; event < 1_010; event += 1) {
      await app.channelLayer.groupSend('group', { type: 'test.event' })
    }
    open()
    await notes.has('connected', 2)
    await settled()
    await app.channelLayer.groupSend('group', { type: 'test.count' })

    t.equal(await quick.receive(), 1_010)
    t.equal(await slow.receive(), 1_000)
    t.equal(logged.filter((line) => line.level === WARNING && line.event === 'test.event').length, 10)
  },
)

/** Where a consumer can fail. Each of them both at once and later. */
class Failing extends Consumer {
  readonly #fail: (where: string) => void | Promise<void>

  constructor(setup: ConstructorParameters<typeof Consumer>[0]) {
    super(setup)
    const how = this.scope.query.get('fail')
    this.#fail = (where) => {
      if (how === `${where} at once`) throw new Error(how)
      if (how === `${where} later`) return settled().then(() => Promise.reject(new Error(how)))
      if (how === `${where} oddly`) throw null
    }
    this.#fail('constructor')
  }

  override async connect() {
    await this.groupAdd('group')
    await this.#fail('connect')
  }

  override receive(text: string) {
    if (text === 'hi') this.send('"hi"')
    else return this.#fail('receive')
  }

  'test.event'() {
    return this.#fail('event')
  }

  override disconnect() {
    return this.#fail('disconnect')
  }
}

const failures = [
  'constructor at once',
  'connect at once',
  'connect later',
  'receive at once',
  'receive later',
  'receive oddly',
  'event at once',
  'event later',
]

for (const failure of failures) {
  t.test(
    `a failure (${failure}) closes that socket with 1011, is logged, and affects nobody else`,
    async (t) => {
      const { app, logged, metric } = await channelsApp(t, { '/ws/failing': Failing })
      const neighbour = communicate(app, '/ws/failing', { as: bob })
      await neighbour.connect()
      const socket = communicate(app, `/ws/failing?fail=${encodeURIComponent(failure)}`, { as: ada })
      await socket.connect()
      if (!failure.startsWith('con')) {
        socket.send('hi')
        await socket.receive()
        socket.send('fail')
        await settled()
        await app.channelLayer.groupSend('group', { type: 'test.event' })
      }

      t.equal(await socket.closed(), CloseCode.internalError)
      neighbour.send('hi')
      t.equal(await neighbour.receive(), 'hi')

      const [line, ...others] = logged.filter((entry) => entry.level === ERROR)
      t.match(line, { path: '/ws/failing', user: 'ada' })
      if (!failure.endsWith('oddly')) t.match(line, { err: { message: failure } })
      t.same(others, [])
      t.equal(await metric('partyline_errors_total', { consumer: 'failing', code: 'internal' }), 1)
      await neighbour.disconnect()
      await settled()
      t.equal(await metric('partyline_connections', { consumer: 'failing' }), 0)
    },
  )
}

for (const failure of ['disconnect at once', 'disconnect later']) {
  t.test(`a failure (${failure}) is logged and affects nobody`, async (t) => {
    const { app, logged } = await channelsApp(t, { '/ws/failing': Failing })
    const neighbour = communicate(app, '/ws/failing', { as: bob })
    await neighbour.connect()
    const socket = communicate(app, `/ws/failing?fail=${encodeURIComponent(failure)}`, { as: ada })
    await socket.connect()

    await socket.disconnect()
    await settled()

    t.match(logged, [{ level: ERROR, path: '/ws/failing', user: 'ada', err: { message: failure } }])
    neighbour.send('hi')
    t.equal(await neighbour.receive(), 'hi')
  })
}

t.test('a close code or reason that does not fit in a frame is a failure of the consumer', async (t) => {
  class Careless extends Consumer {
    override receive(text: string) {
      if (text === 'code') this.close(1006)
      if (text === 'reason') this.close(4000, 'é'.repeat(62))
      if (text === 'longest') this.close(4000, `${'é'.repeat(61)}!`)
    }
  }
  const { app } = await channelsApp(t, { '/ws/careless': Careless })
  for (const [text, code] of [
    ['code', 1011],
    ['reason', 1011],
    ['longest', 4000],
  ]) {
    const socket = communicate(app, '/ws/careless', { as: ada })
    await socket.connect()
    socket.send(text)
    t.equal(await socket.closed(), code)
  }
})

t.test('the channel of a closed connection is closed, and in no group any more', async (t) => {
  const notes = new Notes()
  class Member extends Consumer {
    override async connect() {
      await this.groupAdd('group')
      this.send(JSON.stringify(this.channel))
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { app } = await channelsApp(t, { '/ws/member': Member })
  const closeChannel = t.capture(app.channelLayer, 'closeChannel', app.channelLayer.closeChannel)
  const socket = communicate(app, '/ws/member', { as: ada })
  await socket.connect()
  const channel = await socket.receive()

  await socket.disconnect()
  await notes.has('disconnect')
  await settled()

  t.same(
    closeChannel().map((call) => call.args),
    [[channel]],
  )
})

const schemas = {
  say: Type.Object({ text: Text(10), id: Type.Optional(FrameId) }),
  move: Type.Object({ to: Type.Integer({ minimum: 0, description: 'an integer from 0' }) }),
  fail: Type.Object({ how: Type.String() }),
} satisfies FrameSchemas

type StrictFrame = FrameOf<typeof schemas>
type Say = Extract<StrictFrame, { type: 'say' }>

class Strict extends JsonConsumer implements Receives<StrictFrame> {
  static override readonly frames = compileFrames(schemas, 'say')

  receiveSay(frame: object) {
    this.sendJson({ type: 'taken', frame })
  }

  receiveMove(frame: object) {
    this.sendJson({ type: 'taken', frame })
  }

  async receiveFail(frame: Extract<StrictFrame, { type: 'fail' }>) {
    await settled()
    throw new FrameError('internal', 'this did not work', { hint: frame.how })
  }
}

async function strict(t: Test) {
  const server = await channelsApp(t, { '/ws/strict': Strict }, { limits: { framesPerSecond: 0 } })
  const socket = communicate(server.app, '/ws/strict', { as: ada })
  await socket.connect()
  return { ...server, socket }
}

t.test('a frame that fits its schema is handled, with the default type if it has none', async (t) => {
  const { socket } = await strict(t)
  socket.send({ text: 'hi', id: 'a-1' })
  t.same(await socket.receive(), { type: 'taken', frame: { type: 'say', text: 'hi', id: 'a-1' } })
  socket.send({ type: 'move', to: 3 })
  t.same(await socket.receive(), { type: 'taken', frame: { type: 'move', to: 3 } })
  socket.send({ text: '😀'.repeat(10) })
  t.match(await socket.receive(), { type: 'taken' }, 'a character is a code point')
})

t.test('frames without a method for their type all go to one method, after the same checks', async (t) => {
  class Board extends JsonConsumer implements Receives<Say>, ReceivesOther<Exclude<StrictFrame, Say>> {
    static override readonly frames = compileFrames(schemas, 'say')

    receiveSay({ text }: Say) {
      this.sendJson({ type: 'said', text })
    }

    override receiveOtherFrame(frame: Exclude<StrictFrame, Say>) {
      this.sendJson({ type: 'other', frame })
    }
  }
  const { app } = await channelsApp(t, { '/ws/board': Board })
  const socket = communicate(app, '/ws/board', { as: ada })
  await socket.connect()
  socket.send({ type: 'move', to: 3 })
  t.same(await socket.receive(), { type: 'other', frame: { type: 'move', to: 3 } })
  socket.send({ type: 'fail', how: 'badly' })
  t.same(await socket.receive(), { type: 'other', frame: { type: 'fail', how: 'badly' } })
  socket.send({ type: 'say', text: 'hi' })
  t.same(await socket.receive(), { type: 'said', text: 'hi' })
  socket.send({ type: 'move', to: -1 })
  t.match(await socket.receive(), { type: 'error', code: 'invalid' })
  await socket.disconnect()
})

t.test('anything but a JSON object is malformed, and the socket stays open', async (t) => {
  const { socket, metric } = await strict(t)
  const frames = [
    '',
    ' ',
    '{',
    '{"text":"hi"',
    "{'text':'hi'}",
    'null',
    '1',
    '"text"',
    '[]',
    '[{"text":"hi"}]',
    '{}x',
  ]
  for (const frame of frames) {
    socket.send(frame)
    const answer = await socket.receive()
    t.match(answer, { type: 'error', code: 'malformed', error: /JSON/ }, frame)
  }
  t.equal(await metric('partyline_errors_total', { consumer: 'strict', code: 'malformed' }), frames.length)
  socket.send({ text: 'still here' })
  t.match(await socket.receive(), { type: 'taken' })
})

const invalid: readonly (readonly [frame: string, error: RegExp])[] = [
  ['{"type":"unknown"}', /^type: takes say, move, fail$/],
  ['{"type":null,"text":"hi"}', /^type: takes/],
  ['{"type":["say"],"text":"hi"}', /^type: takes/],
  ['{"type":"__proto__"}', /^type: takes/],
  ['{"type":"constructor"}', /^type: takes/],
  ['{"type":"SAY","text":"hi"}', /^type: takes/],
  ['{}', /^text: missing$/],
  ['{"type":"move"}', /^to: missing$/],
  ['{"text":7}', /^text: takes 1 to 10 characters/],
  ['{"text":null}', /^text: takes/],
  ['{"text":{"length":3}}', /^text: takes/],
  ['{"text":""}', /^text: takes/],
  ['{"text":" \\t\\n\\u00a0"}', /^text: takes/],
  ['{"text":"a\\u0000b"}', /without NUL/],
  ['{"type":"move","to":1.5}', /^to: takes an integer from 0$/],
  ['{"type":"move","to":"1"}', /^to: takes/],
  ['{"type":"move","to":-1}', /^to: takes/],
  ['{"type":"move","to":1e999}', /^to: takes/],
  ['{"text":"hi","extra":1}', /^extra: not a field of this frame, which takes text, id$/],
  ['{"text":"hi","__proto__":{"admin":true}}', /^__proto__: not a field/],
  ['{"__proto__":{"text":"hi"}}', /./],
  ['{"text":"hi","constructor":1}', /^constructor: not a field/],
  ['{"text":"hi","id":"no spaces"}', /^id: takes 1 to 64/],
  [`{"text":"hi","${'x'.repeat(1000)}":1}`, /^x{64}: not a field/],
]

for (const [frame, error] of invalid) {
  t.test(`invalid, with the reason: ${frame.slice(0, 60)}`, async (t) => {
    const { socket } = await strict(t)
    socket.send(frame)
    const answer = await socket.receive()
    t.match(answer, { type: 'error', code: 'invalid', error })
  })
}

t.test('a text with too many characters is too long', async (t) => {
  const { socket } = await strict(t)
  socket.send({ text: 'x'.repeat(11), id: 'long' })
  t.same(await socket.receive(), {
    type: 'error',
    code: 'too_long',
    error: 'text: takes 1 to 10 characters, not blank and without NUL',
    id: 'long',
  })
})

t.test(
  'an error repeats the id of its frame, if it is a number or the first 64 characters of a text',
  async (t) => {
    const { socket } = await strict(t)
    const answers = async (id: unknown) => {
      socket.send({ text: '', id })
      return socket.receive()
    }
    t.match(await answers('mine'), { code: 'invalid', id: 'mine' })
    t.match(await answers('not an id but short'), { code: 'invalid', id: 'not an id but short' })
    t.match(await answers('x'.repeat(65)), { code: 'invalid', id: 'x'.repeat(64) })
    t.match(await answers(7), { code: 'invalid', id: 7 })
    t.match(await answers({ toString: 1 }), { code: 'invalid', id: undefined })
  },
)

t.test('a FrameError thrown by a consumer is answered with its code and details, and counted', async (t) => {
  const { socket, logged, metric } = await strict(t)
  socket.send({ type: 'fail', how: 'slowly' })
  t.same(await socket.receive(), {
    type: 'error',
    code: 'internal',
    error: 'this did not work',
    hint: 'slowly',
  })
  t.equal(await metric('partyline_errors_total', { consumer: 'strict', code: 'internal' }), 1)
  socket.send({ text: 'on we go' })
  t.match(await socket.receive(), { type: 'taken' })
  t.same(logged, [])
})
