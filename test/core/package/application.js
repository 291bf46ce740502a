// An application that somebody else writes, in plain JavaScript, with the package and Fastify as they are. It checks itself.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import Fastify from 'fastify'
import {
  ConnectionClosed,
  Consumer,
  channels,
  communicate,
  JsonConsumer,
  openLayer,
  Worker,
} from 'partyline-channels'

const person = (id, name) => ({ session: { id: `s${id}` }, user: { id, name } })
const app = Fastify()
await app.register(channels, {})

class Lobby extends JsonConsumer {
  async connect() {
    const { name } = this.identity.user
    await this.groupAdd('lobby')
    await this.app.presence.join('lobby', name, this.channel)
    this.sendJson(this.app.presence.list('lobby', 10))
  }
  'presence.changed'({ joined, left }) {
    this.sendJson({ joined, left })
  }
  disconnect() {
    this.app.presence.leave('lobby', this.identity.user.name, this.channel)
  }
}
class Bytes extends Consumer {
  receive(text) {
    this.send(`${this.scope.params.room} ${this.scope.query.get('token')} ${text}`)
  }
  receiveBytes(bytes) {
    this.sendBytes(bytes.reverse())
  }
}
class Refusing extends Consumer {
  connect() {
    this.close(4003, 'not you')
  }
}
class Squares extends Worker {
  'square.asked'({ number, answer }) {
    return this.channelLayer.send(answer, { type: 'square.found', square: number ** 2 })
  }
}
app.consumer('/ws/lobby', Lobby)
app.consumer('/ws/bytes/:room', Bytes)
app.consumer('/ws/refusing', Refusing)
app.consumer('/ws/squares', (socket) => ({
  receive: (text) =>
    app.channelLayer.send('squares', { type: 'square.asked', number: Number(text), answer: socket.channel }),
  'square.found': ({ square }) => socket.send(String(square)),
}))
app.worker('squares', Squares)
await app.ready()

// A consumer with a person, groups and presence, without a network.
const ada = communicate(app, '/ws/lobby', { as: person(1, 'ada') })
await ada.connect()
assert.deepEqual(await ada.receive(), { names: ['ada'], count: 1 })
const bob = communicate(app, '/ws/lobby', { as: person(2, 'bob') })
await bob.connect()
assert.deepEqual(await bob.receive(), { names: ['ada', 'bob'], count: 2 })
assert.ok((await ada.receive()).joined.includes('bob'))
await Promise.all([ada.disconnect(), bob.disconnect()])

// Text and bytes, with parameters of the route and the query, and no user.
const bytes = communicate(app, '/ws/bytes/lobby?token=7')
await bytes.connect()
bytes.send('hello')
bytes.send(Buffer.of(1, 2, 3))
assert.equal(await bytes.receiveText(), 'lobby 7 hello')
assert.deepEqual(await bytes.receiveBytes(), Buffer.of(3, 2, 1))
await bytes.disconnect()

const refused = communicate(app, '/ws/refusing')
await refused.connect()
await assert.rejects(refused.receive(), ConnectionClosed)
assert.equal(await refused.closed(), 4003)

// A worker that is asked by a consumer.
const squares = communicate(app, '/ws/squares')
await squares.connect()
squares.send('12')
assert.equal(await squares.receiveText(), '144')
await squares.disconnect()

// Channels of one's own, in a layer by itself.
const layer = await openLayer()
const events = []
const channel = layer.newChannel((event) => events.push(event) > 0)
await layer.groupAdd('group', channel)
await layer.groupSend('group', { type: 'test.event' })
await layer.send(channel, { type: 'test.other' })
assert.deepEqual(events, [{ type: 'test.event' }, { type: 'test.other' }])
await layer.close()

// A page of another origin.
const elsewhere = communicate(app, '/ws/squares', { headers: { origin: 'https://elsewhere.example' } })
await assert.rejects(elsewhere.connect())

// Over a port: a stop tells those who are connected to come back.
const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/squares`)
await once(socket, 'open')
const closed = once(socket, 'close')
await app.close()
const [{ code }] = await closed
assert.equal(code, 1012)
console.log('all of it holds')
