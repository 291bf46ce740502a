import type { Test } from 'tap'
import { type ChannelEvent, ChannelFull, type ChannelLayer } from '../../src/channels/layers/layer.ts'

/** A channel of a layer, and the events that it received. */
class Mailbox {
  readonly name: string
  readonly events: ChannelEvent[] = []
  readonly #layer: ChannelLayer
  #wake = () => {}

  /** @param take returns false or throws if the channel does not accept an event */
  constructor(layer: ChannelLayer, take: (event: ChannelEvent) => boolean = () => true) {
    this.#layer = layer
    this.name = layer.newChannel((event) => {
      if (!take(event)) return false
      this.events.push(event)
      this.#wake()
      return true
    })
  }

  get types(): string[] {
    return this.events.map((event) => event.type)
  }

  /** Resolves when so many events have arrived. */
  async has(count: number): Promise<void> {
    while (this.events.length < count) {
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new Error(`${this.events.length} of ${count} events came`))
        const timer = setTimeout(late, 10_000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Resolves when everything that this layer sent before has arrived, or will not arrive. */
  async caughtUp(): Promise<void> {
    const marker = { type: 'all.sent' }
    await this.#layer.send(this.name, marker)
    while (this.events.at(-1)?.type !== marker.type) await this.has(this.events.length + 1)
    this.events.pop()
  }
}

/**
 * Tests the promises of every channel layer.
 * @param make makes a layer for each test, and closes it when the test ends
 */
export function testLayer(t: Test, make: (t: Test) => Promise<ChannelLayer>): void {
  t.test('a new channel has a unique name that a layer can carry', async (t) => {
    const layer = await make(t)
    const names = Array.from({ length: 100 }, () => layer.newChannel(() => true))
    t.equal(new Set(names).size, 100)
    for (const name of names) t.match(name, /^[A-Za-z0-9._-]{1,99}$/)
  })

  t.test('a name that some layer could not carry is a TypeError', async (t) => {
    const layer = await make(t)
    const { name } = new Mailbox(layer)
    const event = { type: 'test.event' }
    for (const bad of ['', 'a b', 'a/b', 'a:b', 'é', 'a\n', '*', 'x'.repeat(100)]) {
      await t.rejects(layer.send(bad, event), TypeError)
      await t.rejects(layer.groupAdd(bad, name), TypeError)
      await t.rejects(layer.groupAdd('group', bad), TypeError)
      await t.rejects(layer.groupDiscard(bad, name), TypeError)
      await t.rejects(layer.groupDiscard('group', bad), TypeError)
      await t.rejects(layer.groupSend(bad, event), TypeError)
      await t.rejects(layer.groupSendLocal(bad, event), TypeError)
    }
    await layer.groupAdd('x'.repeat(99), name)
    await layer.groupSend('A.z_0-9', event)
  })

  t.test('an event sent to a channel reaches only that channel, once and unchanged', async (t) => {
    const layer = await make(t)
    const [one, other] = [new Mailbox(layer), new Mailbox(layer)]
    const event = { type: 'test.event', text: 'ünï \u2028 "quoted"', list: [1, null, { deep: true }] }

    await layer.send(one.name, event)

    await one.caughtUp()
    await other.caughtUp()
    t.same(one.events, [event])
    t.same(other.events, [])
  })

  t.test('an event is not delivered while the code that sends it still runs', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)

    const sent = [
      layer.send(mailbox.name, { type: 'test.one' }),
      layer.groupSend('group', { type: 'test.two' }),
    ]

    t.same(mailbox.events, [])
    await Promise.all(sent)
    await mailbox.has(2)
  })

  t.test(
    'an event sent to a group reaches each member once, including its sender, and nobody else',
    async (t) => {
      const layer = await make(t)
      const [one, two, outsider] = [new Mailbox(layer), new Mailbox(layer), new Mailbox(layer)]
      await layer.groupAdd('group', one.name)
      await layer.groupAdd('group', two.name)
      await layer.groupAdd('other', outsider.name)

      await layer.groupSend('group', { type: 'test.event' })

      for (const mailbox of [one, two, outsider]) await mailbox.caughtUp()
      t.same([one.types, two.types, outsider.types], [['test.event'], ['test.event'], []])
    },
  )

  t.test('events of one publisher arrive in the order in which they were sent', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)

    const sent = Array.from({ length: 500 }, (_, number) =>
      layer.groupSend('group', { type: 'test.event', number }),
    )

    await Promise.all(sent)
    await mailbox.has(500)
    t.same(
      mailbox.events.map((event) => event.number),
      Array.from({ length: 500 }, (_, number) => number),
    )
  })

  t.test('a channel that was added twice gets an event once, and is gone when discarded once', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)
    await layer.groupAdd('group', mailbox.name)

    await layer.groupSend('group', { type: 'test.one' })
    await mailbox.caughtUp()
    t.same(mailbox.types, ['test.one'])

    await layer.groupDiscard('group', mailbox.name)
    await layer.groupSend('group', { type: 'test.two' })
    await mailbox.caughtUp()
    t.same(mailbox.types, ['test.one'])
  })

  t.test('a discarded channel can be added again, and stays in its other groups', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)
    await layer.groupAdd('other', mailbox.name)
    await layer.groupDiscard('group', mailbox.name)
    await layer.groupSend('other', { type: 'test.other' })
    await layer.groupAdd('group', mailbox.name)
    await layer.groupSend('group', { type: 'test.group' })

    await mailbox.caughtUp()
    t.same(mailbox.types.sort(), ['test.group', 'test.other'])
  })

  t.test('unknown channels, empty groups and channels that were never members are not errors', async (t) => {
    const layer = await make(t)
    const gone = new Mailbox(layer)
    await layer.closeChannel(gone.name)

    await layer.send(gone.name, { type: 'test.event' })
    await layer.groupSend('empty', { type: 'test.event' })
    await layer.groupDiscard('empty', gone.name)
    await layer.groupAdd('group', gone.name)
    await layer.groupSend('group', { type: 'test.event' })
    await layer.closeChannel(gone.name)

    t.same(gone.events, [])
  })

  t.test('the sender to a channel learns that its queue is full', async (t) => {
    const layer = await make(t)
    const full = new Mailbox(layer, () => false)

    const answer = await layer.send(full.name, { type: 'test.event' }).catch((error: unknown) => error)

    t.ok(answer instanceof ChannelFull)
  })

  t.test('a full member of a group loses its event, without affecting others', async (t) => {
    const layer = await make(t)
    const mailboxes = [new Mailbox(layer), new Mailbox(layer, () => false), new Mailbox(layer)]
    for (const mailbox of mailboxes) await layer.groupAdd('group', mailbox.name)

    await layer.groupSend('group', { type: 'test.event' })

    const [first, full, last] = mailboxes
    await first?.has(1)
    await last?.has(1)
    t.same(full?.events, [])
  })

  t.test('a member that throws does not affect the others, the sender or its own later events', async (t) => {
    const layer = await make(t)
    const fault = (event: ChannelEvent) => {
      if (event.type === 'test.poison') throw new Error('a receiver that throws')
      return true
    }
    const mailboxes = [new Mailbox(layer), new Mailbox(layer, fault), new Mailbox(layer)]
    for (const mailbox of mailboxes) await layer.groupAdd('group', mailbox.name)
    const [first, faulty, last] = mailboxes

    await layer.groupSend('group', { type: 'test.poison' })
    await layer.send(faulty?.name ?? '', { type: 'test.poison' })
    await layer.groupSend('group', { type: 'test.event' })

    await Promise.all([first?.has(2), faulty?.has(1), last?.has(2)])
    t.same(last?.types, ['test.poison', 'test.event'])
    t.same(faulty?.types, ['test.event'])
  })

  t.test('a receiver may send, join and leave while it receives an event', async (t) => {
    const layer = await make(t)
    const other = new Mailbox(layer)
    const busy: Mailbox = new Mailbox(layer, (event) => {
      if (event.type !== 'test.start') return true
      void layer.groupDiscard('group', busy.name)
      void layer.groupAdd('group', other.name)
      void layer.send(busy.name, { type: 'test.answer' })
      return true
    })
    await layer.groupAdd('group', busy.name)

    await layer.groupSend('group', { type: 'test.start' })

    await busy.has(2)
    t.same(busy.types, ['test.start', 'test.answer'])
    await other.caughtUp()
    await layer.groupSend('group', { type: 'test.later' })
    await other.caughtUp()
    await busy.caughtUp()
    t.equal(other.types.at(-1), 'test.later')
    t.same(busy.types, ['test.start', 'test.answer'])
  })

  t.test('a closed channel gets nothing more, not even from its groups', async (t) => {
    const layer = await make(t)
    const [closed, staying] = [new Mailbox(layer), new Mailbox(layer)]
    for (const mailbox of [closed, staying]) await layer.groupAdd('group', mailbox.name)

    await layer.closeChannel(closed.name)
    await layer.send(closed.name, { type: 'test.event' })
    await layer.groupSend('group', { type: 'test.event' })

    await staying.has(1)
    t.same(closed.events, [])
  })

  t.test('flush drops the groups and events in progress, and keeps the channels', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)

    const sent = layer.groupSend('group', { type: 'test.lost' })
    await layer.flush()
    await sent
    await layer.groupSend('group', { type: 'test.nobody' })
    await mailbox.caughtUp()
    t.same(mailbox.events, [])

    await layer.groupAdd('group', mailbox.name)
    await layer.groupSend('group', { type: 'test.event' })
    await mailbox.has(1)
  })

  t.test('nothing is delivered once the layer is closed, and closing it twice is not an error', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)

    const sent = layer.groupSend('group', { type: 'test.event' })
    await layer.close()
    await sent
    await layer.close()

    t.same(mailbox.events, [])
  })

  t.test('a worker handles earlier and later tasks one at a time, even if one fails', async (t) => {
    const layer = await make(t)
    const handled: unknown[] = []
    let atOnce = 0
    await layer.send('work', { type: 'test.task', number: 0 })
    const done = Promise.withResolvers<void>()
    const work = await layer.work('work', async ({ number }) => {
      atOnce += 1
      await new Promise(setImmediate)
      handled.push([number, atOnce])
      atOnce -= 1
      if (number === 3) done.resolve()
      if (number === 1) throw new Error('a task that fails')
    })
    for (const number of [1, 2, 3]) await layer.send('work', { type: 'test.task', number })
    await done.promise
    t.same(
      handled,
      [0, 1, 2, 3].map((number) => [number, 1]),
    )
    await work.stop()
    await layer.send('work', { type: 'test.task', number: 4 })
    t.equal(handled.length, 4, 'a worker that stopped starts nothing more')
    await t.rejects(
      layer.work(
        layer.newChannel(() => true),
        () => {},
      ),
      TypeError,
    )
  })

  t.test('when a layer closes, its workers finish their tasks and start no others', async (t) => {
    const layer = await make(t)
    const [begun, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const handled: unknown[] = []
    for (const _worker of [1, 2, 3]) {
      await layer.work('closing', async ({ number }) => {
        begun.resolve()
        await going.promise
        handled.push(number)
      })
    }
    for (let number = 0; number < 10; number += 1) await layer.send('closing', { type: 'test.task', number })
    await begun.promise
    const closed = layer.close()
    going.resolve()
    await closed
    const finished = handled.length
    t.ok(finished >= 1 && finished <= 3, `${finished} were being handled`)
    await new Promise(setImmediate)
    t.equal(handled.length, finished)
  })

  t.test('a thousand events wait for workers, and one more is refused', async (t) => {
    const layer = await make(t)
    const task = { type: 'test.task' }
    await Promise.all(Array.from({ length: 1_000 }, () => layer.send('waiting', task)))
    const answer = await layer.send('waiting', task).catch((error: unknown) => error)
    t.ok(answer instanceof ChannelFull)
  })

  t.test('an event of a megabyte arrives whole', async (t) => {
    const layer = await make(t)
    const mailbox = new Mailbox(layer)
    await layer.groupAdd('group', mailbox.name)
    const event = { type: 'test.event', text: 'é'.repeat(524_288) }

    await layer.groupSend('group', event)

    await mailbox.has(1)
    t.equal(mailbox.events[0]?.text, event.text)
  })

  t.test('a channel can be in ten thousand groups, and leaves them all when it is closed', async (t) => {
    const layer = await make(t)
    const [many, one] = [new Mailbox(layer), new Mailbox(layer)]
    const groups = Array.from({ length: 10_000 }, (_, number) => `group.${number}`)
    await Promise.all(groups.map((group) => layer.groupAdd(group, many.name)))

    await Promise.all(groups.map((group) => layer.groupSend(group, { type: 'test.event' })))
    await many.has(10_000)
    await layer.closeChannel(many.name)
    await layer.groupAdd('group.5000', one.name)
    await layer.groupSend('group.5000', { type: 'test.event' })

    await one.has(1)
    t.equal(many.events.length, 10_000)
  })
}

/**
 * Tests the additional promises of a layer that carries events between processes.
 * @param make makes the end of the same layer in another process with each call, and closes it when the test ends
 */
export function testProcesses(t: Test, make: (t: Test) => Promise<ChannelLayer>): void {
  const two = (t: Test) => Promise.all([make(t), make(t)])

  t.test('an event sent to a group reaches its members in every process once', async (t) => {
    const [here, there] = await two(t)
    const [near, far, farther] = [new Mailbox(here), new Mailbox(there), new Mailbox(there)]
    const stranger = new Mailbox(there)
    for (const [layer, mailbox] of [
      [here, near],
      [there, far],
      [there, farther],
    ] as const)
      await layer.groupAdd('group', mailbox.name)
    await there.groupAdd('other', stranger.name)
    const event = { type: 'test.event', text: 'ünï \u2028 "quoted"\n', list: [1, null, { deep: true }] }

    await here.groupSend('group', event)
    await here.groupSend('group', { type: 'test.end' })
    await there.groupSend('other', { type: 'test.end' })

    for (const mailbox of [near, far, farther]) {
      await mailbox.has(2)
      t.same(mailbox.events, [event, { type: 'test.end' }])
    }
    await stranger.has(1)
    t.same(stranger.types, ['test.end'])
  })

  t.test('an event for the members in one process reaches only them', async (t) => {
    const [here, there] = await two(t)
    const [near, far] = [new Mailbox(here), new Mailbox(there)]
    await here.groupAdd('group', near.name)
    await there.groupAdd('group', far.name)

    await here.groupSendLocal('group', { type: 'test.local' })
    await here.groupSend('group', { type: 'test.end' })

    await near.has(2)
    await far.has(1)
    t.same([near.types, far.types], [['test.local', 'test.end'], ['test.end']])
  })

  t.test('an event sent to a channel reaches only that channel, in whichever process it is', async (t) => {
    const [here, there] = await two(t)
    const [far, other] = [new Mailbox(there), new Mailbox(there)]
    t.not(new Mailbox(here).name, far.name)

    await here.send(far.name, { type: 'test.event' })
    await here.send(other.name, { type: 'test.end' })

    await Promise.all([far.has(1), other.has(1)])
    t.same([far.types, other.types], [['test.event'], ['test.end']])
  })

  t.test(
    'events of one publisher arrive in order in every process, large ones among small ones',
    async (t) => {
      const [here, there] = await two(t)
      const mailboxes = [new Mailbox(here), new Mailbox(there)]
      await here.groupAdd('group', mailboxes[0]?.name ?? '')
      await there.groupAdd('group', mailboxes[1]?.name ?? '')
      const numbers = Array.from({ length: 1_000 }, (_, number) => number)

      for (const number of numbers) {
        const text = number % 100 === 50 ? 'x'.repeat(200_000) : ''
        const sent = here.groupSend('group', { type: 'test.event', number, text })
        if (number % 7 === 0) await sent
      }

      for (const mailbox of mailboxes) {
        await mailbox.has(1_000)
        t.same(
          mailbox.events.map((event) => event.number),
          numbers,
        )
      }
    },
  )

  t.test(
    'a member misses nothing from the moment it has joined, whatever was joined and left before',
    async (t) => {
      const [here, there] = await two(t)
      const [fickle, steady] = [new Mailbox(there), new Mailbox(there)]
      for (let round = 0; round < 50; round += 1) {
        const changes = Array.from({ length: (round % 4) + 1 }, (_, change) =>
          (round + change) % 2 === 0
            ? there.groupAdd('group', fickle.name)
            : there.groupDiscard('group', fickle.name),
        )
        await Promise.all([...changes, there.groupDiscard('group', steady.name)])
        await there.groupAdd('group', fickle.name)
        await here.groupSend('group', { type: 'test.event', round })
        await fickle.has(round + 1)
      }
      await there.groupAdd('group', steady.name)
      await there.groupDiscard('group', fickle.name)

      await here.groupSend('group', { type: 'test.later' })

      await steady.has(1)
      t.same(
        fickle.events.map((event) => event.round),
        Array.from({ length: 50 }, (_, round) => round),
      )
    },
  )

  t.test('a full member and one that throws do not affect other processes', async (t) => {
    const [here, there] = await two(t)
    const mailboxes = [
      new Mailbox(there, () => false),
      new Mailbox(there, () => {
        throw new Error('a receiver that throws')
      }),
      new Mailbox(there),
    ]
    for (const mailbox of mailboxes) await there.groupAdd('group', mailbox.name)
    const [full, , last] = mailboxes

    await here.send(full?.name ?? '', { type: 'test.event' })
    for (let number = 0; number < 100; number += 1)
      await here.groupSend('group', { type: 'test.event', number })

    await last?.has(100)
    t.same(full?.events, [])
  })

  t.test('a task is handled once, by one of the workers in all processes', async (t) => {
    const [here, there] = await two(t)
    const handled: unknown[][] = [[], []]
    const done = Promise.withResolvers<void>()
    for (const [index, layer] of [here, there].entries()) {
      await layer.work('chores', async ({ number }) => {
        handled[index]?.push(number)
        await new Promise(setImmediate)
        if (handled.flat().length === 100) done.resolve()
      })
    }
    for (let number = 0; number < 100; number += 1) await here.send('chores', { type: 'test.task', number })
    await done.promise
    const numbers = Array.from({ length: 100 }, (_, number) => number)
    t.same(
      handled.flat().sort((one, other) => Number(one) - Number(other)),
      numbers,
    )
    t.ok(
      handled.every((some) => some.length > 0),
      'both worked',
    )
  })

  t.test('an event of a megabyte reaches another process whole', async (t) => {
    const [here, there] = await two(t)
    const mailbox = new Mailbox(there)
    await there.groupAdd('group', mailbox.name)
    const event = { type: 'test.event', text: 'é'.repeat(524_288) }

    await here.groupSend('group', event)

    await mailbox.has(1)
    t.equal(mailbox.events[0]?.text, event.text)
  })

  t.test('events for ten thousand groups reach another process', async (t) => {
    const [here, there] = await two(t)
    const many = new Mailbox(there)
    const groups = Array.from({ length: 10_000 }, (_, number) => `group.${number}`)
    await Promise.all(groups.map((group) => there.groupAdd(group, many.name)))

    for (let from = 0; from < groups.length; from += 1_000) {
      const some = groups.slice(from, from + 1_000)
      await Promise.all(some.map((group) => here.groupSend(group, { type: 'test.event', group })))
      await many.has(from + some.length)
    }
    t.equal(new Set(many.events.map((event) => event.group)).size, 10_000)
    await there.closeChannel(many.name)
  })

  t.test('a process that flushes or closes its layer takes nothing away from the others', async (t) => {
    const [here, there, elsewhere] = await Promise.all([make(t), make(t), make(t)])
    const [near, far] = [new Mailbox(here), new Mailbox(there)]
    await here.groupAdd('group', near.name)
    await there.groupAdd('group', far.name)

    await elsewhere.groupAdd('group', new Mailbox(elsewhere).name)
    await elsewhere.close()
    await here.flush()
    await there.groupSend('group', { type: 'test.event' })
    await here.groupSend('group', { type: 'test.event' })

    await far.has(2)
    await near.caughtUp()
    t.same(near.events, [])
  })
}
