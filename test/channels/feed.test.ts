import pino from 'pino'
import t, { type Test } from 'tap'
import { FeedMemory } from '../../src/channels/feed/feed-memory.ts'
import type { FeedOptions, Follower } from '../../src/channels/feed/feed-options.ts'
import type { Change, FeedSource } from '../../src/channels/feed/feed-source.ts'
import { Feeds } from '../../src/channels/feed/feeds.ts'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import type { FanOut } from '../../src/channels/sockets/fan-out.ts'
import {
  type PromptReceiver,
  WriteScheduler,
  writeScheduler,
} from '../../src/channels/sockets/write-scheduler.ts'
import { gate, settled } from '../support/notes.ts'
import { live } from './chaos.ts'

interface Row extends Change {
  readonly seq: number
  readonly id: string
}

/** A stream's table in memory. Each row is a message as its latest change left it. */
class Table implements FeedSource<Row> {
  readonly #rows = new Map<number, Row>()
  #rev = 0
  #history = 1
  /** How often rows were asked for. */
  reads = 0
  /** How often any question was asked. */
  queries = 0
  /** While it is set, every question fails with it. */
  fault: Error | undefined
  /** What a question waits for after it has seen the rows and before it answers. */
  delay: Promise<void> | undefined

  /** @param seqs of messages: new ones, or ones that are edited */
  commit(...seqs: number[]): Row[] {
    return seqs.map((seq) => {
      this.#rev += 1
      const row = { rev: this.#rev, seq, id: `${seq}-${this.#history}` }
      this.#rows.set(seq, row)
      return row
    })
  }

  /** Commits new messages. */
  say(count: number): Row[] {
    return this.commit(...Array.from({ length: count }, (_, index) => this.#rev + index + 1))
  }

  revs(streams: readonly number[]): Promise<Map<number, number>> {
    return this.#answer(new Map(streams.map((stream) => [stream, this.#rev])))
  }

  changes(_stream: number, after: number, upTo: number | undefined, limit: number): Promise<Row[]> {
    this.reads += 1
    const rows = [...this.#rows.values()]
      .filter((row) => row.rev > after && row.rev <= (upTo ?? Number.POSITIVE_INFINITY))
      .sort((one, other) => one.rev - other.rev)
      .slice(0, limit)
    return this.#answer(rows)
  }

  standing(_stream: number, seq: number): Promise<{ rev: number; id: string } | undefined> {
    const row = this.#rows.get(seq)
    return this.#answer(row && { rev: row.rev, id: row.id })
  }

  countChanged(_stream: number, after: number, limit: number): Promise<number> {
    const changed = [...this.#rows.values()].filter(({ rev }) => rev > after)
    return this.#answer(Math.min(changed.length, limit))
  }

  /** Loses what was committed last, as a restored backup has. */
  goBackTo(rev: number): void {
    for (const [seq, row] of this.#rows) if (row.rev > rev) this.#rows.delete(seq)
    this.#rev = rev
    this.#history += 1
  }

  async #answer<Answer>(answer: Answer): Promise<Answer> {
    this.queries += 1
    const { delay, fault } = this
    await delay
    if (fault) throw fault
    return answer
  }
}

/** A connection that notes the revs it was sent. */
class Reader implements Follower, PromptReceiver {
  readonly revs: number[] = []
  readonly #audiences = new Set<FanOut>()
  #wake = () => {}
  open = true
  scheduler = writeScheduler
  /** What it waits for before it takes more, while it catches up. */
  slow: Promise<void> | undefined

  send(frame: Buffer): void {
    this.catchUp()
    this.write(frame)
  }

  write(joined: Buffer): void {
    for (const rev of joined.toString().trimEnd().split('\n')) this.revs.push(Number.parseInt(rev, 10))
    this.#wake()
  }

  sendPromptly(): void {
    this.scheduler.sendPromptly(this)
  }

  catchUp(): void {
    for (const audience of this.#audiences) audience.flushTo(this)
  }

  async drained(): Promise<void> {
    await this.slow
  }

  joined(audience: FanOut): void {
    this.#audiences.add(audience)
  }

  left(audience: FanOut): void {
    this.#audiences.delete(audience)
  }

  /** Resolves when the last change that came is `rev`. */
  async at(rev: number): Promise<void> {
    while (this.revs.at(-1) !== rev) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${rev} did not come after ${this.revs}`)), 5_000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** A layer of which a test can say that it lost and found its connection, and see which channels are open. */
class WatchedLayer extends MemoryLayer {
  readonly open = new Set<string>()
  #reconnected = () => {}

  override newChannel(receive: Parameters<MemoryLayer['newChannel']>[0]): string {
    const channel = super.newChannel(receive)
    this.open.add(channel)
    return channel
  }

  override closeChannel(channel: string): Promise<void> {
    this.open.delete(channel)
    return super.closeChannel(channel)
  }

  override onReconnect(listener = () => {}): void {
    this.#reconnected = listener
  }

  reconnect(): void {
    this.#reconnected()
  }
}

const FOREVER = 1_000_000

/** One stream and its feeds, which by themselves neither read nor heal unless a test says so. */
function stream(t: Test, tuning: Partial<FeedOptions<Row>> = {}) {
  const table = new Table()
  const warnings: string[] = []
  const encoded: number[] = []
  const log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        warnings.push(JSON.parse(line).msg)
      },
    },
  )
  const layer = new WatchedLayer(log)
  const feeds = new Feeds<Row>({
    layer,
    log,
    source: table,
    group: (id) => `stream.${id}`,
    event: 'stream.changed',
    encode: (row) => {
      encoded.push(row.rev)
      return Buffer.from(`${row.rev} ${row.id}\n`)
    },
    // What a reset is, a reader notes as the negative number.
    encodeReset: (rev) => Buffer.from(`${-rev}\n`),
    gapPatience: FOREVER,
    healInterval: FOREVER,
    ...tuning,
  })
  t.teardown(() => feeds.close())
  return { table, layer, feeds, warnings, encoded }
}

/** Revs from `first` to `last`. */
const span = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

t.test('a change that is next goes out without reading', async (t) => {
  const gapsHealed = { count: 0 }
  const { table, feeds } = stream(t, { gapsHealed })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  await feeds.publish(1, table.say(1))
  await feeds.publish(1, table.say(2))

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
  t.equal(table.reads, 0)
  t.equal(gapsHealed.count, 0)
})

t.test('who made a change does not wait with the others, also when one before it comes late', async (t) => {
  const clock = { now: 0 }
  const scheduler = new WriteScheduler({ clock: () => clock.now, utilization: () => 1 })
  const { table, feeds } = stream(t, { scheduler })
  const [maker, other] = [new Reader(), new Reader()]
  const feed = await feeds.open(1)
  for (const reader of [maker, other]) {
    reader.scheduler = scheduler
    await feed.follow(reader, undefined)
  }
  await feeds.publish(1, table.say(1))
  await other.at(1)

  await feeds.publish(1, table.say(1))
  feed.sendPromptly(maker, 2)
  await maker.at(2)
  const [late, own] = table.say(2)
  if (!late || !own) throw new Error('nothing was said')
  await feeds.publish(1, [own])
  feed.sendPromptly(maker, 4)
  await settled()
  await feeds.publish(1, [late])
  await maker.at(4)
  t.same(other.revs, [1])

  clock.now += 32
  await other.at(4)
  t.same([maker.revs, other.revs], [span(1, 4), span(1, 4)])
})

t.test('a change that came before its turn waits for it', async (t) => {
  const { table, feeds } = stream(t)
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  const [first = [], second = [], third = []] = [table.say(1), table.say(1), table.say(1)]

  await feeds.publish(1, third)
  await feeds.publish(1, second)
  await settled()
  t.same(reader.revs, [])
  await feeds.publish(1, first)

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
  t.equal(table.reads, 0)
})

t.test('a gap that stays is read, and counted', async (t) => {
  const gapsHealed = { count: 0 }
  const { table, feeds } = stream(t, { gapPatience: 0, gapsHealed })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  await feeds.publish(1, table.say(3).slice(2))

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
  await settled()
  t.equal(gapsHealed.count, 1)
})

t.test(
  'a last change whose event was lost is read when the feeds are compared with the database',
  async (t) => {
    const { table, feeds } = stream(t, { gapPatience: 0, healInterval: 5 })
    const reader = new Reader()
    await (await feeds.open(1)).follow(reader, undefined)

    table.say(2)

    await reader.at(2)
    t.same(reader.revs, [1, 2])
  },
)

t.test('when the layer was away the feeds compare themselves at once', async (t) => {
  const { table, layer, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.say(2)

  layer.reconnect()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
})

t.test('all feeds of a process are compared in one query, and none when there is no feed', async (t) => {
  const { table, feeds } = stream(t)
  await feeds.heal()
  t.equal(table.queries, 0)

  await feeds.open(1)
  await feeds.open(2)
  table.queries = 0
  await feeds.heal()

  t.equal(table.queries, 1)
})

t.test('a change that comes twice goes out once', async (t) => {
  const { table, feeds } = stream(t)
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  const [first, second, third] = [table.say(1), table.say(1), table.say(1)]

  for (const changes of [first, first, third, third, second, first, second, third]) {
    await feeds.publish(1, changes)
  }

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
})

t.test('a hole that an edit left is passed over, and what follows it needs no reading', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.commit(1, 2, 1)
  await feeds.heal()
  await reader.at(3)
  table.reads = 0

  await feeds.publish(1, table.say(1))

  await reader.at(4)
  t.same(reader.revs, [2, 3, 4])
  t.equal(table.reads, 0)
})

t.test('more changes than one read brings are read to the last', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  table.say(450)
  await feeds.heal()

  await reader.at(450)
  t.same(reader.revs, span(1, 450))
})

t.test('more early changes than a feed holds are read instead', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  await feeds.publish(1, table.say(1_500).slice(1))

  await reader.at(1_500)
  t.same(reader.revs, span(1, 1_500))
})

t.test('a change made while a feed is asking for its place is not lost', async (t) => {
  const { table, feeds } = stream(t)
  const { opened, open } = gate()
  table.delay = opened
  const opening = feeds.open(1)
  await settled()
  table.delay = undefined
  await feeds.publish(1, table.say(1))
  open()

  const feed = await opening

  t.equal(feed.rev, 1)
})

t.test('a feed that begins with a gap reads without waiting for another event', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const { opened, open } = gate()
  table.delay = opened
  const opening = feeds.open(1)
  await settled()
  table.delay = undefined
  await feeds.publish(1, table.say(2).slice(1))
  open()

  const feed = await opening
  const reader = new Reader()
  await feed.follow(reader, 0)

  await reader.at(2)
  t.same(reader.revs, [1, 2])
})

t.test('changes that come while a feed reads go out after what it read', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.say(2)
  const { opened, open } = gate()
  table.delay = opened
  const healing = feeds.heal()
  await settled()
  open()
  await healing

  await feeds.publish(1, table.say(1))
  table.delay = undefined

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
})

t.test('what a comparison finds while a feed reads is read next', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.say(1)
  await feeds.heal()
  const { opened, open } = gate()
  table.delay = opened
  while (table.queries < 3) await settled()
  // The reading has seen the present rev by now, and none of what follows.
  const { opened: rows, open: openRows } = gate()
  table.delay = rows
  open()
  while (table.reads < 1) await settled()
  table.delay = undefined
  table.say(1)
  await feeds.heal()

  openRows()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
})

t.test('a follower gets what changed since, then what is live', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  const feed = await feeds.open(1)
  const reader = new Reader()

  await feed.follow(reader, 2)
  await feeds.publish(1, table.say(1))

  await reader.at(6)
  t.same(reader.revs, [3, 4, 5, 6])
})

t.test('a follower who is abreast, or says nothing of where it is, gets only what is live', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  const feed = await feeds.open(1)
  const abreast = new Reader()
  const fresh = new Reader()
  table.reads = 0
  await feed.follow(abreast, 5)
  await feed.follow(fresh, undefined)

  await feeds.publish(1, table.say(1))

  await Promise.all([abreast.at(6), fresh.at(6)])
  t.same([abreast.revs, fresh.revs], [[6], [6]])
  t.equal(table.reads, 0)
})

t.test('a follower who comes in a turn does not get what went out earlier in that turn', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const before = new Reader()
  const after = new Reader()
  await feed.follow(before, undefined)

  await feeds.publish(1, table.say(1))
  t.equal(feed.rev, 1)
  await feed.follow(after, undefined)
  await feeds.publish(1, table.say(1))

  await after.at(2)
  t.same([before.revs, after.revs], [[1, 2], [2]])
})

t.test(
  'a slow follower holds nobody up, and goes live once it has read all that was said meanwhile',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(450)
    const feed = await feeds.open(1)
    const slow = new Reader()
    const quick = new Reader()
    const { opened, open } = gate()
    slow.slow = opened
    await feed.follow(quick, undefined)
    const following = feed.follow(slow, 0)

    await feeds.publish(1, table.say(100))
    await quick.at(550)
    t.same(slow.revs, span(1, 200), 'one page, and then it waits')
    open()
    await following
    await feeds.publish(1, table.say(1))

    await slow.at(551)
    t.same(slow.revs, span(1, 551))
    t.same(quick.revs, span(451, 551))
  },
)

t.test('a follower who catches up is not sent more than a quarter of a mebibyte at once', async (t) => {
  const { table, feeds } = stream(t, {
    encode: (row) => Buffer.from(`${String(row.rev).padStart(65_535)}\n`),
  })
  table.say(20)
  const feed = await feeds.open(1)
  const slow = new Reader()
  const { opened, open } = gate()
  slow.slow = opened

  const following = feed.follow(slow, 0)
  await slow.at(4)
  await settled()
  t.same(slow.revs, [1, 2, 3, 4])
  open()
  await following

  t.same(slow.revs, span(1, 20))
})

t.test('a follower who leaves while it catches up gets nothing more', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  const reader = new Reader()
  const { opened, open } = gate()
  reader.slow = opened
  const following = feed.follow(reader, 0)
  await settled()

  reader.open = false
  open()
  await following
  await feeds.publish(1, table.say(1))
  await settled()

  t.same(reader.revs, span(1, 200))
})

t.test('a follower who stops while it catches up gets nothing more, and may begin again', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  const reader = new Reader()
  const { opened, open } = gate()
  reader.slow = opened
  const following = feed.follow(reader, 0)
  await settled()

  feed.unfollow(reader)
  const again = feed.follow(reader, 200)
  feed.unfollow(reader)
  open()
  await Promise.all([following, again])
  await feeds.publish(1, table.say(1))
  await settled()
  t.same(reader.revs, span(1, 200))

  await feed.follow(reader, 200)
  await feeds.publish(1, table.say(1))
  await reader.at(452)
  t.same(reader.revs, span(1, 452))
})

t.test('a follower gets abreast of a stream that never rests while its database is read', async (t) => {
  const { table, feeds } = stream(t)
  table.say(450)
  const feed = await feeds.open(1)
  table.reads = 0
  const busy = { talks: true }
  const talk = async () => {
    while (busy.talks) {
      await feeds.publish(1, table.say(3))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  table.delay = new Promise((resolve) => setTimeout(resolve, 5))
  const talking = talk()
  const reader = new Reader()

  await feed.follow(reader, 0)
  busy.talks = false
  await talking
  await feeds.publish(1, table.say(1))

  await reader.at(feed.rev)
  t.same(reader.revs, span(1, feed.rev))
  t.equal(table.reads, 3, 'what was there when it came, and no more')
})

t.test('a thousand who come back have what they missed read and encoded once', async (t) => {
  const { table, feeds, encoded } = stream(t)
  table.say(150)
  const feed = await feeds.open(1)
  table.reads = 0
  encoded.length = 0
  const readers = Array.from({ length: 1_000 }, () => new Reader())

  await Promise.all(readers.slice(0, 500).map((reader) => feed.follow(reader, 30)))
  await feeds.publish(1, table.say(1))
  for (const reader of readers.slice(500)) await feed.follow(reader, 30)

  await Promise.all(readers.map((reader) => reader.at(151)))
  const missed = String(span(31, 151))
  t.ok(readers.every((reader) => String(reader.revs) === missed))
  t.equal(table.reads, 1)
  t.same(encoded, span(31, 151))
})

t.test('who missed only the latest changes needs no reading; a thousand are kept, or 256 KiB', async (t) => {
  const live = new Reader()
  for (const [size, kept] of [
    [10, 1_000],
    [4_096, 64],
  ] as const) {
    const { table, feeds } = stream(t, { encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(size)) })
    const feed = await feeds.open(1)
    await feed.follow(live, undefined)
    for (let said = 0; said < 2_000; said += 500) await feeds.publish(1, table.say(500))
    const [near, far] = [new Reader(), new Reader()]

    await feed.follow(near, 2_000 - kept)
    await near.at(2_000)
    t.equal(table.reads, 0)
    await feed.follow(far, 2_000 - kept - 1)
    await far.at(2_000)
    t.equal(table.reads, 1)
    t.same([near.revs.length, far.revs.length], [kept, kept + 1])
  }
})

t.test('what is read is encoded in turns of a few large changes each, in order', async (t) => {
  const encodedInTurn = new Map<number, number>()
  let turn = 0
  let counting = true
  t.teardown(() => {
    counting = false
  })
  const nextTurn = () => {
    turn += 1
    if (counting) setImmediate(nextTurn)
  }
  nextTurn()
  const encode = ({ rev }: Row) => {
    encodedInTurn.set(turn, (encodedInTurn.get(turn) ?? 0) + 1)
    return Buffer.from(`${rev}\n`.padStart(10_000))
  }
  const { table, feeds } = stream(t, { encode, gapPatience: 0 })
  const feed = await feeds.open(1)
  const reader = new Reader()

  table.say(100)
  await feeds.heal()
  await feed.follow(reader, 0)
  await reader.at(100)
  table.say(100)
  await feeds.heal()
  await reader.at(200)

  t.same(reader.revs, span(1, 200))
  t.ok(Math.max(...encodedInTurn.values()) < 20, 'four by each of those who read at the time')
})

t.test('early changes that are large are let go of, and read instead', async (t) => {
  const memory = new FeedMemory()
  const { table, feeds } = stream(t, {
    memory,
    encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(100_000)),
  })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)

  await feeds.publish(1, table.say(100).slice(1))
  const held = memory.bytes
  await feeds.publish(1, [{ rev: 1, seq: 1, id: '1-1' }])
  await reader.at(1)

  t.ok(held > 0 && held < 1_100_000, `${held} bytes were held`)
  t.same(reader.revs, [1])
})

t.test('all feeds keep no more than their memory holds, and those used last are read from it', async (t) => {
  const memory = new FeedMemory(100_000)
  const { table, feeds } = stream(t, {
    memory,
    encode: ({ rev }) => Buffer.from(`${rev}\n`.padStart(10_000)),
  })
  const changes = table.say(4)
  const open = async (id: number) => {
    const feed = await feeds.open(id)
    await feed.follow(new Reader(), 0)
    return feed
  }
  const first = await open(1)
  const second = await open(2)
  t.ok(memory.bytes > 80_000 && memory.bytes <= 100_000, `${memory.bytes} bytes are kept`)
  const comeBack = async (feed: typeof first) => {
    const before = table.reads
    const reader = new Reader()
    await feed.follow(reader, 0)
    t.same(reader.revs, span(1, changes.length))
    return table.reads - before
  }

  t.equal(await comeBack(first), 0)
  await open(3)

  t.ok(memory.bytes <= 100_000, `${memory.bytes} bytes are kept`)
  t.equal(await comeBack(first), 0)
  t.equal(await comeBack(second), 1)
})

t.test('what a feed keeps takes up little more memory than its frames have', async (t) => {
  const encode = ({ rev }: Row) => {
    // What else the server makes at the same time, and lets go of.
    for (let other = 0; other < 4; other += 1) Buffer.from('x'.repeat(1_500))
    return Buffer.from(`${rev}\n`.padStart(100))
  }
  const { table, feeds } = stream(t, { encode })
  const feed = await feeds.open(1)
  await feed.follow(new Reader(), undefined)
  for (let said = 0; said < 1_000; said += 100) await feeds.publish(1, table.say(100))
  const memory = new Set<ArrayBufferLike>()
  const reader = new Reader()
  reader.write = (frame) => void memory.add(frame.buffer)

  await feed.follow(reader, 0)

  const bytes = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)
  t.ok(bytes > 0 && bytes < 110_000, `${bytes} bytes`)
})

t.test('a feed that nobody holds any more keeps nothing', async (t) => {
  const memory = new FeedMemory()
  const { table, feeds } = stream(t, { memory })
  const feed = await feeds.open(1)
  await feed.follow(new Reader(), undefined)
  await feeds.publish(1, table.say(5))
  await feeds.publish(1, table.say(2).slice(1))
  t.ok(memory.bytes > 0)

  feeds.release(feed)

  t.equal(memory.bytes, 0)
})

t.test('a follower who is ahead of the feed is waited for, and others get what it knew', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const behind = new Reader()
  const ahead = new Reader()
  await feed.follow(behind, undefined)
  table.say(3)

  await feed.follow(ahead, 2)
  await feeds.publish(1, table.say(1))

  await Promise.all([behind.at(4), ahead.at(4)])
  t.same(
    [behind.revs, ahead.revs],
    [
      [1, 2, 3, 4],
      [3, 4],
    ],
  )
})

t.test(
  'a follower who turns out to be ahead of the database loads the history, and goes on live',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(3)
    const feed = await feeds.open(1)
    const reader = new Reader()

    await feed.follow(reader, 4)
    await feeds.publish(1, table.say(1))

    await reader.at(4)
    t.same(reader.revs, [-3, 4])
  },
)

t.test('when the store went back, everyone loads the history and goes on from what it holds', async (t) => {
  const { table, feeds, warnings } = stream(t)
  table.say(6)
  const feed = await feeds.open(1)
  const readers = [new Reader(), new Reader()]
  for (const reader of readers) await feed.follow(reader, undefined)

  table.goBackTo(2)
  await feeds.heal()
  await feeds.publish(1, table.say(1))

  for (const reader of readers) {
    await reader.at(3)
    t.same(reader.revs, [-2, 3])
  }
  t.match(warnings, [/went back/])
})

t.test('another change with a number that was sent shows that the store went back', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  await feeds.publish(1, table.say(4))
  await reader.at(4)

  table.goBackTo(2)
  const said = table.say(3)
  await feeds.publish(1, said.slice(0, 1))

  await reader.at(-5)
  t.same(reader.revs, [1, 2, 3, 4, -5])
})

t.test(
  'another history is noticed also where it has as many changes, and nothing was heard of them',
  async (t) => {
    const { table, feeds } = stream(t)
    const feed = await feeds.open(1)
    const reader = new Reader()
    await feed.follow(reader, undefined)
    await feeds.publish(1, table.say(4))
    await reader.at(4)

    table.goBackTo(2)
    table.say(2)
    await feeds.heal()

    await reader.at(-4)
    t.same(reader.revs, [1, 2, 3, 4, -4])
  },
)

t.test('what changes under another id shows that the store went back', async (t) => {
  const { table, feeds } = stream(t)
  table.say(1)
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  await feeds.publish(1, table.commit(1))
  await reader.at(2)

  table.goBackTo(0)
  table.say(2)
  await feeds.publish(1, table.commit(1))

  await reader.at(-3)
  t.same(reader.revs, [2, 3, -3])
})

t.test('a client whose newest row is lost while it is looked up has to load the history', async (t) => {
  const { table, feeds } = stream(t)
  table.say(3)
  const feed = await feeds.open(1)
  table.say(1)
  const { opened, open } = gate()
  table.delay = opened
  const outOfReach = feed.outOfReach(4, { seq: 4, id: '4-1' })

  table.goBackTo(3)
  table.say(1)
  open()
  t.equal(await outOfReach, true)
})

t.test(
  'a client whose history is lost after it was looked up, and before it follows, has to load the history',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(3)
    const feed = await feeds.open(1)
    const { history } = feed
    t.equal(await feed.outOfReach(3, { seq: 3, id: '3-1' }), false)
    table.goBackTo(2)
    table.say(2)
    await feeds.heal()

    const reader = new Reader()
    await feed.follow(reader, 3, history)
    await reader.at(-4)
    t.same(reader.revs, [-4])
  },
)

t.test('what was published before the store went back is not waited for', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 1 })
  const feed = await feeds.open(1)
  const reader = new Reader()
  await feed.follow(reader, undefined)
  const lost = table.say(5)
  await feeds.publish(1, lost.slice(4))
  table.goBackTo(1)
  await feeds.heal()
  await reader.at(1)
  const { queries } = table

  await feeds.publish(1, table.say(1))

  await reader.at(2)
  t.same(reader.revs, [1, 2])
  t.ok(table.queries - queries < 5, 'and nothing is read again and again')
})

t.test('a client is out of reach whose newest row is not there, or older than it says', async (t) => {
  const { table, feeds } = stream(t)
  table.say(3)
  const feed = await feeds.open(1)
  t.notOk(await feed.outOfReach(3, { seq: 3, id: '3-1' }))
  t.notOk(await feed.outOfReach(2, { seq: 2, id: '2-1' }))
  t.ok(await feed.outOfReach(3, { seq: 3, id: 'other' }), 'another')
  t.ok(await feed.outOfReach(3, { seq: 2, id: '2-1' }), 'an older one')
  t.ok(await feed.outOfReach(3, { seq: 77, id: '77-1' }), 'none')
})

t.test('a client is brought up to date when few rows changed often, and not when many did', async (t) => {
  const { table, feeds } = stream(t)
  table.say(5)
  for (let times = 0; times < 1_200; times += 1) table.commit(1 + (times % 5))
  const feed = await feeds.open(1)
  t.notOk(await feed.outOfReach(5), 'five messages changed 1,200 times')
  table.say(1_100)
  await feeds.heal()
  t.ok(await feed.outOfReach(5))
})

t.test('a follower who is ahead of a read that is under way waits for the next', async (t) => {
  const { table, feeds } = stream(t, { gapPatience: 0 })
  const feed = await feeds.open(1)
  table.say(1)
  await feeds.heal()
  const { opened, open } = gate()
  table.delay = opened
  while (table.queries < 3) await settled()
  const { opened: rows, open: openRows } = gate()
  table.delay = rows
  open()
  while (table.reads < 1) await settled()
  table.delay = undefined
  table.say(1)
  const reader = new Reader()

  const following = feed.follow(reader, 2)
  openRows()
  await following
  await feeds.publish(1, table.say(1))

  await reader.at(3)
  t.same(reader.revs, [3])
})

t.test(
  'out of reach is who missed more than a thousand changes, or knows more than the database',
  async (t) => {
    const { table, feeds } = stream(t)
    table.say(1_500)
    const feed = await feeds.open(1)
    table.say(1)

    t.equal(await feed.outOfReach(500), false)
    t.equal(await feed.outOfReach(499), true)
    t.equal(await feed.outOfReach(1_500), false)
    t.equal(await feed.outOfReach(1_501), false, 'the feed has not seen it yet')
    t.equal(await feed.outOfReach(1_502), true)
  },
)

t.test('a read that fails is tried again at the next comparison, not again and again', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.fault = new Error('the database is away')
  await feeds.publish(1, table.say(2).slice(1))
  while (warnings.length === 0) await settled()
  const queries = table.queries
  for (let pause = 0; pause < 5; pause += 1) await new Promise((resolve) => setTimeout(resolve, 2))
  t.equal(table.queries, queries)
  t.same(warnings, ['a feed could not read; this will be tried again'])

  table.fault = undefined
  await feeds.heal()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
})

t.test('a read that fails keeps nothing back that is next', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  const [first, second] = [table.say(1), table.say(1)]
  const { opened, open } = gate()
  table.delay = opened
  table.fault = new Error('the database is away')
  const queries = table.queries
  await feeds.publish(1, second)
  while (table.queries === queries) await settled()
  await feeds.publish(1, first)
  t.same(reader.revs, [], 'while it reads it sends nothing else')

  open()

  await reader.at(2)
  t.same(reader.revs, [1, 2])
  t.equal(warnings.length, 1)
})

t.test('a follower whose changes cannot be read is told so, and the feed goes on', async (t) => {
  const { table, feeds } = stream(t)
  table.say(2)
  const feed = await feeds.open(1)
  table.fault = new Error('the database is away')
  await t.rejects(feed.follow(new Reader(), 0), /away/)
  await t.rejects(feed.follow(new Reader(), 3), /away/)
  table.fault = undefined

  const reader = new Reader()
  await feed.follow(reader, 0)
  await feeds.publish(1, table.say(1))

  await reader.at(3)
  t.same(reader.revs, [1, 2, 3])
})

t.test('a comparison that fails is logged, and the next one heals', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0, healInterval: 2 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.say(1)
  table.fault = new Error('the database is away')
  while (warnings.length === 0) await settled()
  t.match(warnings[0], 'could not be compared')

  table.fault = undefined

  await reader.at(1)
  t.same(reader.revs, [1])
})

t.test('of a store that logs its outages itself, feeds log nothing', async (t) => {
  const { table, feeds, warnings } = stream(t, { gapPatience: 0, healInterval: 2 })
  const reader = new Reader()
  await (await feeds.open(1)).follow(reader, undefined)
  table.fault = Object.assign(new Error('the database is away'), { logged: true })
  await feeds.publish(1, table.say(2).slice(1))
  const failed = table.queries
  while (table.queries < failed + 3) await settled()

  table.fault = undefined

  await reader.at(2)
  t.same(warnings, [])
})

t.test('a feed that cannot begin fails all who wait for it, and the next one begins afresh', async (t) => {
  const { table, layer, feeds } = stream(t)
  table.fault = new Error('the database is away')
  const [one, other] = await Promise.allSettled([feeds.open(1), feeds.open(1)])
  t.equal(one.status, 'rejected')
  t.equal(other.status, 'rejected')
  t.equal(layer.open.size, 0)
  table.fault = undefined

  const feed = await feeds.open(1)

  t.equal(feed.rev, 0)
  t.equal(layer.open.size, 1)
})

t.test('those who hold the same stream share a feed, which is closed with the last of them', async (t) => {
  const { layer, feeds } = stream(t)
  const [feed, same] = await Promise.all([feeds.open(1), feeds.open(1)])
  t.equal(same, feed)
  t.equal(layer.open.size, 1)

  feeds.release(feed)
  t.equal(layer.open.size, 1)
  feeds.release(feed)

  t.equal(layer.open.size, 0)
  t.not(await feeds.open(1), feed)
})

t.test('who stops following gets nothing more', async (t) => {
  const { table, feeds } = stream(t)
  const feed = await feeds.open(1)
  const staying = new Reader()
  const leaving = new Reader()
  await feed.follow(staying, undefined)
  await feed.follow(leaving, undefined)

  feed.unfollow(leaving)
  await feeds.publish(1, table.say(1))

  await staying.at(1)
  t.same(leaving.revs, [])
})

t.test('feeds that are closed while one is at work read nothing more', async (t) => {
  const { table, layer, feeds } = stream(t, { gapPatience: 0 })
  const feed = await feeds.open(1)
  table.say(450)
  const { opened, open } = gate()
  table.delay = opened
  const following = feed.follow(new Reader(), 451)
  await settled()

  feeds.close()
  open()
  await following
  await settled()

  t.equal(layer.open.size, 0)
  t.ok(table.reads <= 1)
})

t.test('a change is encoded once for all who follow, and not at all when nobody does', async (t) => {
  const { table, feeds, encoded } = stream(t)
  const feed = await feeds.open(1)
  await feeds.publish(1, table.say(1))
  await settled()
  t.same(encoded, [])
  const readers = [new Reader(), new Reader(), new Reader()]
  for (const reader of readers) await feed.follow(reader, undefined)

  await feeds.publish(1, table.say(1))

  await Promise.all(readers.map((reader) => reader.at(2)))
  t.same(encoded, [2])
})

const SEEDS = Number(process.env.FEED_SEEDS ?? 2_000)
const SEED = process.env.FEED_SEED

t.test(
  'whatever the layer loses, doubles, delays and reorders, every member sees rising revs and ends with the state of the database',
  { timeout: 60_000 + SEEDS * 20 },
  async (t) => {
    const seeds = SEED ? [Number(SEED)] : span(1, SEEDS)
    for (const seed of seeds) {
      try {
        await live(seed)
      } catch (error) {
        t.comment(`run it again with FEED_SEED=${seed} npx tap test/channels/feed.test.ts`)
        t.fail(`seed ${seed}: ${error instanceof Error ? error.message : error}`)
        return
      }
    }
    t.pass(`${seeds.length} seeds`)
  },
)
