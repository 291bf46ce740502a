import t from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { communicate } from '../../src/channels/testing/communicator.ts'
import { Worker } from '../../src/channels/workers/worker.ts'
import { channelsApp, ERROR, WARNING } from '../support/channels.ts'
import { Notes } from '../support/notes.ts'

t.test(
  'a task sent to the channel of a worker is handled there, and its sender gets the answer',
  async (t) => {
    class Asking extends Consumer {
      override receive(text: string) {
        return this.app.channelLayer.send('squares', {
          type: 'square.asked',
          number: Number(text),
          for: this.channel,
        })
      }
      'square.found'({ square }: ChannelEvent) {
        this.send(String(square))
      }
    }
    class Squares extends Worker {
      async 'square.asked'(event: ChannelEvent) {
        const number = Number(event.number)
        if (Number.isNaN(number)) throw new Error('a task that fails')
        await this.channelLayer.send(String(event.for), { type: 'square.found', square: number ** 2 })
      }
    }
    const notes = new Notes()
    const { app, logged } = await channelsApp(t, { '/ws/squares': Asking }, { identify: undefined })
    app.worker('squares', Squares)
    app.worker('notes', ({ log }) => ({
      'note.made': ({ text }: { text: string }) => {
        log.warn('a note is made')
        notes.add(text)
      },
    }))
    await app.ready()

    const socket = communicate(app, '/ws/squares')
    await socket.connect()
    socket.send('oh')
    socket.send('12')
    t.equal(await socket.receiveText(), '144', 'also after a task that failed')
    t.match(logged, [{ level: ERROR, channel: 'squares', msg: 'a worker failed on a task' }])
    await app.channelLayer.send('notes', { type: 'note.lost' })
    await app.channelLayer.send('notes', { type: 'note.made', text: 'milk' })
    await notes.has('milk')
    t.match(logged.slice(1), [
      { level: WARNING, channel: 'notes', event: 'note.lost' },
      { channel: 'notes', msg: 'a note is made' },
    ])
    await socket.disconnect()
  },
)

t.test('consumers on different layers are separate, even if their groups have the same name', async (t) => {
  class Usual extends Consumer {
    override connect() {
      return this.groupAdd('group')
    }
    'test.said'({ text }: ChannelEvent) {
      this.send(String(text))
    }
  }
  class Audit extends Usual {
    static readonly layer: string = 'audit'
  }
  const consumers = { '/ws/usual': Usual, '/ws/audit': Audit }
  const { app } = await channelsApp(t, consumers, { identify: undefined, layers: { audit: {} } })
  const [usual, audit] = [communicate(app, '/ws/usual'), communicate(app, '/ws/audit')]
  await usual.connect()
  await audit.connect()
  await app.channelLayer.groupSend('group', { type: 'test.said', text: 'usual' })
  await app.channelLayers.get('audit')?.groupSend('group', { type: 'test.said', text: 'audit' })
  t.equal(await usual.receiveText(), 'usual')
  t.equal(await audit.receiveText(), 'audit')
  await Promise.all([usual.disconnect(), audit.disconnect()])

  class Lost extends Audit {
    static override readonly layer = 'lost'
  }
  t.throws(() => app.consumer('/ws/lost', Lost), /uses the layer lost/)
})
