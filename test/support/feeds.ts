import pino from 'pino'
import type { Test } from 'tap'
import type { FeedOptions, Follower } from '../../src/channels/feed/feed-options.ts'
import type { Change, FeedSource } from '../../src/channels/feed/feed-source.ts'
import { Feeds } from '../../src/channels/feed/feeds.ts'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import type { FanOut } from '../../src/channels/sockets/fan-out.ts'
import { type PromptReceiver, writeScheduler } from '../../src/channels/sockets/write-scheduler.ts'

export interface Row extends Change {
  readonly seq: number
  readonly id: string
}

/** A stream's table in memory. Each row is a message as its latest change left it. */
export class Table implements FeedSource<Row> {
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

  /** Loses the last commits, as a restored backup does. */
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
export class Reader implements Follower, PromptReceiver {
  readonly revs: number[] = []
  readonly #audiences = new Set<FanOut>()
  #wake = () => {}
  open = true
  scheduler = writeScheduler
  /** A promise that it waits for before it accepts more while it catches up. */
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
export class WatchedLayer extends MemoryLayer {
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

export const FOREVER = 1_000_000

/** One stream and its feeds, which neither read nor heal unless a test says so. */
export function stream(t: Test, tuning: Partial<FeedOptions<Row>> = {}) {
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
export const span = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
