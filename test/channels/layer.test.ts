import pino from 'pino'
import t from 'tap'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import { testLayer } from './conformance.ts'

t.test('a layer in memory', async (t) => {
  testLayer(t, async (t) => {
    const layer = new MemoryLayer(pino({ enabled: false }))
    t.teardown(() => layer.close())
    return layer
  })

  t.test('events in progress during a flush do not reach channels that join afterwards', async (t) => {
    const layer = new MemoryLayer(pino({ enabled: false }))
    const received: string[] = []
    const channel = layer.newChannel((event) => received.push(event.type) > 0)
    await layer.groupAdd('group', channel)

    const sent = [layer.groupSend('group', { type: 'test.lost' }), layer.send(channel, { type: 'test.lost' })]
    const flushed = layer.flush()
    const added = layer.groupAdd('group', channel)
    await Promise.all([...sent, flushed, added])
    await layer.groupSend('group', { type: 'test.event' })

    t.same(received, ['test.event'])
  })

  t.test('a receiver that throws is logged', async (t) => {
    const logged: string[] = []
    const layer = new MemoryLayer(pino({ level: 'error' }, { write: (line) => void logged.push(line) }))
    const channel = layer.newChannel(() => {
      throw new Error('a receiver that throws')
    })

    await layer.send(channel, { type: 'test.event' })

    t.match(JSON.parse(logged[0] ?? ''), { err: { message: 'a receiver that throws' }, event: 'test.event' })
  })
})
