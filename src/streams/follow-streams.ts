import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import type { JobQueue, Repeat } from '../jobs/index.ts'
import type { Tables } from '../storage/index.ts'
import { type Position, readPositions, writePositions } from './follower-positions.ts'
import type { StreamKind } from './kind.ts'
import type { Change, OpenStream, StreamRow } from './open-stream.ts'
import type { StreamWriter } from './stream-writer.ts'

/** A follower of all streams of a kind, after their changes were committed: a search index, or a sender of notifications. */
export interface Follower<Changed extends Change, Row extends StreamRow = StreamRow> {
  /** Such as `search`. What has been applied is remembered under it. */
  readonly name: string
  /** `start`: it wants all changes that there are; `present`: those from now on. */
  readonly from: 'start' | 'present'
  /**
   * Applies changes of one stream, in rising `rev`, in the transaction in which it is remembered that they were. A change that a
   * later one of the same `seq` replaced may be missing. It may run more than once, and holds the write lock: 100 changes are to
   * take some milliseconds.
   * @param after the `rev` up to which changes were applied, or did not concern it: what has a greater `seq` is new to it
   */
  apply(
    transaction: Transaction<Tables>,
    stream: number,
    changes: readonly Changed[],
    after: number,
  ): Promise<void>
  /**
   * Tells, in the transaction that changes a stream, whether it has anything to do with that; left out, it always has. A stream
   * for which it says no costs nothing more. Changes that it said no to may come along with others.
   */
  concerns?(stream: OpenStream<Row, Changed>): boolean
  /**
   * Called when the stream has gone back behind what was applied, as after a restored backup: forgets all that it holds of the
   * stream, which it is then given from the start. Left out, it goes on with what comes.
   */
  forget?(transaction: Transaction<Tables>, stream: number): Promise<void>
  /** Milliseconds for which changes are gathered; 250 when left out. */
  readonly delay?: number
}

/** Streams of which changes are applied in one transaction. */
const STREAMS_AT_ONCE = 50

/** Changes of one stream that are applied at a time, and their bytes as frames. */
const CHANGES_AT_ONCE = 100
const BYTES_AT_ONCE = 256 * 1024

/** Milliseconds after which a transaction takes no further stream. */
const TIME_AT_ONCE = 20

const GATHER = 250

/** Streams that are looked at in one go for whether something was missed, and milliseconds between two such rounds. */
const LOOKED_AT = 500
const LOOK_INTERVAL = 24 * 60 * 60 * 1_000

const Due = Type.Object({
  stream: Type.Integer(),
  /** The stream's `rev` before the change for which this was added. */
  from: Type.Integer(),
})

/**
 * Has a follower read what is committed to the streams of a kind: each change at least once and in order, by one process at a
 * time, also after a crash.
 *
 * It costs the writing side one row for each stream, which is there already as long as its changes have not been applied.
 *
 * @example
 * followStreams(app, writer, { name: 'search', from: 'start', apply: (transaction, room, messages) => … })
 */
export function followStreams<Row extends StreamRow, Command, Result, Changed extends Change>(
  app: FastifyInstance,
  writer: StreamWriter<Row, Command, Result, Changed>,
  follower: Follower<Changed, Row>,
): void {
  const { kind } = writer
  const name = `${kind.name}-${follower.name}`
  const delay = follower.delay ?? GATHER
  const following = new Following(name, kind, follower)
  const options = {
    about: 'Applies changes in rooms to what is kept of them elsewhere',
    payload: Due,
    atOnce: STREAMS_AT_ONCE,
    // There is one for each stream at most, and none may be given up: the next change would be applied without it.
    waiting: Number.POSITIVE_INFINITY,
    attempts: Number.POSITIVE_INFINITY,
  }
  const queue = app.jobs.handleTogether(`follow-${name}`, options, (transaction, due) =>
    following.apply(transaction, due),
  )
  const concerned = new Set<number>()
  writer.within(async (transaction, streams) => {
    const due = streams.filter((stream) => follower.concerns?.(stream) ?? true)
    for (const { id } of due) concerned.add(id)
    await queue.addAll(
      transaction,
      due.map(({ id, row }) => ({ payload: { stream: id, from: row.rev }, key: `${id}`, delay })),
    )
  })
  writer.onCommitted((stream) => {
    // One that waits for changes to be gathered is found by looking.
    if (concerned.delete(stream) && delay === 0) app.jobs.wake()
  })
  // One that is concerned with little would read all the rest of each stream, to find that there was nothing.
  if (follower.concerns) return
  app.jobs.every(`catch-up-${name}`, LOOK_INTERVAL, ({ after = 0 }, job) =>
    job.transaction((transaction) => following.catchUp(transaction, queue, after)),
  )
}

type Due = { readonly stream: number; readonly from: number }

class Following<Row extends StreamRow, Command, Result, Changed extends Change> {
  readonly #name: string
  readonly #kind: StreamKind<Row, Command, Result, Changed>
  readonly #follower: Follower<Changed, Row>

  constructor(
    name: string,
    kind: StreamKind<Row, Command, Result, Changed>,
    follower: Follower<Changed, Row>,
  ) {
    this.#name = name
    this.#kind = kind
    this.#follower = follower
  }

  /** Applies what has changed in streams, as much as one transaction should. @returns which of them have more */
  async apply(
    transaction: Transaction<Tables>,
    due: readonly Due[],
  ): Promise<readonly (Repeat | undefined)[]> {
    const until = performance.now() + TIME_AT_ONCE
    const streams = due.map(({ stream }) => stream)
    const known = await readPositions(transaction, this.#name, streams)
    const revs = await this.#kind.table.revs(transaction, streams)
    const positions: Position[] = []
    const repeats: (Repeat | undefined)[] = []
    for (const { stream, from } of due) {
      const rev = revs.get(stream)
      if (rev === undefined) {
        repeats.push(undefined)
        continue
      }
      const isLate = positions.length > 0 && performance.now() > until
      const position = isLate
        ? undefined
        : await this.#applyOne(transaction, stream, this.#start(known.get(stream), from, rev), rev)
      if (position !== undefined) positions.push({ stream, rev: position })
      repeats.push(position === undefined || position < rev ? { again: 0 } : undefined)
    }
    await writePositions(transaction, this.#name, positions)
    return repeats
  }

  /** The `rev` after which changes have to be applied. @param from before the change for which a job was added */
  #start(known: number | undefined, from: number, rev: number): number {
    const { concerns, from: first } = this.#follower
    if (concerns) return known === undefined || known > rev ? from : Math.max(known, from)
    return known ?? (first === 'start' ? 0 : from)
  }

  /** Adds what has to be applied in the streams after an `id`, where that is not known. */
  async catchUp(
    transaction: Transaction<Tables>,
    queue: JobQueue<Due>,
    after: number,
  ): Promise<Repeat | undefined> {
    const streams = await this.#kind.table.list(transaction, after, LOOKED_AT)
    const last = streams.at(-1)
    if (!last) return undefined
    const ids = streams.map(({ id }) => id)
    const known = await readPositions(transaction, this.#name, ids)
    const begins = this.#follower.from === 'start'
    const behind = streams.filter(({ id, rev }) => {
      const position = known.get(id)
      return position === undefined ? begins && rev > 0 : position !== rev
    })
    await queue.addAll(
      transaction,
      behind.map(({ id }) => ({ payload: { stream: id, from: 0 }, key: `${id}` })),
    )
    return { again: 0, payload: { after: last.id } }
  }

  /** @returns the `rev` up to which the stream's changes have been applied */
  async #applyOne(
    transaction: Transaction<Tables>,
    stream: number,
    position: number,
    rev: number,
  ): Promise<number> {
    const after = position > rev ? await this.#goBack(transaction, stream, rev) : position
    const found = await this.#kind.changes(transaction, stream, after, undefined, CHANGES_AT_ONCE)
    const changes = this.#upToSize(found)
    const last = changes.at(-1)
    if (!last) return rev
    await this.#follower.apply(transaction, stream, changes, after)
    const isAll = changes.length === found.length && found.length < CHANGES_AT_ONCE
    return isAll ? Math.max(last.rev, rev) : last.rev
  }

  /** @returns the `rev` after which it goes on */
  async #goBack(transaction: Transaction<Tables>, stream: number, rev: number): Promise<number> {
    if (!this.#follower.forget) return rev
    await this.#follower.forget(transaction, stream)
    return 0
  }

  /** The first of these changes, at least one, that are not too large together. */
  #upToSize(changes: readonly Changed[]): readonly Changed[] {
    let bytes = 0
    const large = changes.findIndex((change, index) => {
      bytes += Buffer.byteLength(JSON.stringify(this.#kind.frame(change)))
      return index > 0 && bytes > BYTES_AT_ONCE
    })
    return large < 0 ? changes : changes.slice(0, large)
  }
}
