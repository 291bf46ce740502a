import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Job } from '../jobs/index.ts'
import { type TalkingRoom, talkingRooms, talkingRoomsAfter } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { Filling } from './filling.ts'
import type { Indexer } from './indexer.ts'
import type { SearchIndex } from './search-index.ts'

/** Milliseconds between two checks for changes that nobody has indexed, as after a process was killed. */
const INTERVAL = 1_500

/** Rooms that are checked at once. */
const ROOMS = 500

/** If a room that is not indexed has more changes than this, they are taken to be older than the index. */
const OLD = 200

/** Milliseconds after which this job lets others run before it continues. */
const SLICE = 5_000

/**
 * Finds and indexes whatever is missing from the index, regularly and in one process at a time: changes that a killed process left
 * behind, rooms that went back to an earlier state, as after a restored backup, and messages from before the index existed, which
 * are added piece by piece, newest first. The index keeps track of how far that has come.
 */
export class CatchingUp {
  readonly #database: Database
  readonly #index: SearchIndex
  readonly #indexer: Indexer
  readonly #filling: Filling

  constructor({ database, jobs }: FastifyInstance, index: SearchIndex, indexer: Indexer) {
    this.#database = database
    this.#index = index
    this.#indexer = indexer
    this.#filling = new Filling(database, index)
    jobs.every('index-messages', INTERVAL, (_round, job) => this.#run(job))
  }

  /** Checks all rooms, and registers those that are not in the index. */
  async lookAtRooms(signal?: AbortSignal): Promise<void> {
    for (let after = 0; ; ) {
      signal?.throwIfAborted()
      const rooms = await talkingRoomsAfter(this.#database, after, ROOMS)
      const unknown = rooms.filter(({ id, rev }) => rev > 0 && !this.#indexer.has(id, rev))
      if (unknown.length > 0) await this.#look(unknown)
      const last = rooms.at(-1)
      if (!last || rooms.length < ROOMS) return
      after = last.id
    }
  }

  async #run(job: Job): Promise<{ again: number }> {
    const started = performance.now()
    await this.lookAtRooms(job.signal)
    const took = performance.now() - started
    const until = performance.now() + SLICE
    while (performance.now() < until) {
      job.signal.throwIfAborted()
      const begun = performance.now()
      if (!(await this.#filling.goOn())) return { again: Math.max(INTERVAL, 100 * took) }
      // It works for half of the time at most.
      await delay(performance.now() - begun)
    }
    return { again: 0 }
  }

  async #look(rooms: readonly TalkingRoom[]): Promise<void> {
    const isNew = await this.#index.isNew()
    const positions = await this.#index.positions(rooms.map(({ id }) => id))
    const revs = new Map(positions.map(({ rev, room }) => [room, rev]))
    const ahead = rooms.filter(({ id, rev }) => (revs.get(id) ?? 0) > rev)
    // Some of these have only changed since they were read.
    const now = await talkingRooms(
      this.#database,
      ahead.map(({ id }) => id),
    )
    for (const { id, rev } of now) if ((revs.get(id) ?? 0) > rev) await this.#startAgain(id)
    const old: { readonly room: number; readonly rev: number }[] = []
    for (const { id, rev } of rooms) {
      const position = revs.get(id)
      if (position === undefined && (isNew || rev > OLD)) old.push({ room: id, rev })
      else if (position === rev) this.#indexer.learn(id, rev)
      else this.#indexer.changed(id)
    }
    if (old.length === 0) return
    await this.#index.begin(old)
    for (const { room } of old) this.#indexer.forget(room)
    this.#filling.lookAgain()
  }

  /** For a room that went back to an earlier state: the index may contain messages that do not exist any more. */
  async #startAgain(room: number): Promise<void> {
    while (await this.#index.forget(room));
    this.#indexer.forget(room)
  }
}
