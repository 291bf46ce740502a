import t from 'tap'
import { HttpConsumer } from '../../src/channels/consumers/http-consumer.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { channelsApp, ERROR, person } from '../support/channels.ts'
import { Notes } from '../support/notes.ts'

const notes = new Notes()

/** Answers with a line for each event, until one is the last. */
class Lines extends HttpConsumer {
  async handle(body: unknown) {
    await this.groupAdd('lines')
    this.sendHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    this.sendBody(`${this.scope.params.about} ${JSON.stringify(body)}\n`, true)
  }
  'line.came'({ text, more }: ChannelEvent) {
    this.sendBody(`${text}\n`, more === true)
  }
  override disconnect(code: number) {
    notes.add(`ended with ${code}`)
  }
}

class Failing extends HttpConsumer {
  handle() {
    throw new Error('a consumer that fails')
  }
}

t.test('a consumer answers a request piece by piece, with the events of its group', async (t) => {
  const { app, logged, listen, metric } = await channelsApp(t, {})
  app.httpConsumer('POST', '/lines/:about', Lines)
  app.httpConsumer('GET', '/failing', Failing)
  const address = (await listen()).replace('ws', 'http')
  const say = (text: string, more: boolean) =>
    app.channelLayer.groupSend('lines', { type: 'line.came', text, more })
  const ask = (signal?: AbortSignal, user = 'ada') =>
    fetch(`${address}/lines/cats`, {
      method: 'POST',
      headers: { 'x-user': user, 'content-type': 'application/json' },
      body: '{"a":1}',
      ...(signal ? { signal } : {}),
    })

  t.equal((await ask(undefined, '')).status, 401, 'a stranger gets no answer')
  const answer = await ask()
  t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  await say('one', true)
  await say('two', false)
  await say('after the end', true)
  t.equal(await answer.text(), 'cats {"a":1}\none\ntwo\n')
  await notes.has('ended with 1000')

  const leaving = new AbortController()
  const left = await ask(leaving.signal)
  t.equal(await metric('partyline_connections', { consumer: 'lines' }), 1)
  leaving.abort()
  await t.rejects(left.text())
  await notes.has('ended with 1006')
  t.equal(await metric('partyline_connections', { consumer: 'lines' }), 0)

  t.equal((await fetch(`${address}/failing`, { headers: { 'x-user': 'ada' } })).status, 500)
  t.match(logged.at(-1), { level: ERROR, consumer: 'failing', user: 'ada' })

  const open = await ask()
  app.sockets.endSession(person('ada').session.id)
  await t.rejects(open.text(), 'an answer is cut off when its session ends')
  await notes.has('ended with 4001')
  const last = await ask()
  await app.close()
  await t.rejects(last.text(), 'and a stop does not wait for it')
})
