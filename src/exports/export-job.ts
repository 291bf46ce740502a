import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type Person, personById } from '../accounts/index.ts'
import { messageFrame, messagesAfter } from '../chat/index.ts'
import type { Job, JobQueue, Repeat } from '../jobs/index.ts'
import { type FoundRoom, findRoom, may } from '../rooms/index.ts'
import { type Export, endOfExport, jobFrame, nextExport } from './exports.ts'
import { formats } from './formats.ts'
import { isThere, type PartStore } from './part-store.ts'
import type { JobFrame } from './protocol.ts'

/** Bytes from which on a part is stored: no more of a file is in memory. */
const PART = 512 * 1024

/** Messages that are read at once. */
const PAGE = 100

/** Milliseconds for which messages are written before others have a turn on the event loop. */
const TURN = 5

/** Milliseconds after which another job may be done before this one goes on. */
const SLICE = 4_000

/** How often an export may fail before it is given up. */
const ATTEMPTS = 8

const Payload = Type.Object({ user: Type.Integer(), room: Type.Integer() })
export type ExportQueue = JobQueue<{ user: number; room: number }>

export interface ExportJobOptions {
  readonly store: PartStore
  readonly announce: (user: number, frame: JobFrame) => void
}

/** Exports of one person and room are made one after the other, and each part of one is stored with how far it has come. */
export function exportJobs(app: FastifyInstance, options: ExportJobOptions): ExportQueue {
  const { database } = app
  return app.jobs.handle(
    'export',
    { payload: Payload, atOnce: 1, attempts: ATTEMPTS, timeout: 60_000, perPerson: 100 },
    async ({ user, room }, job) => {
      const one = await nextExport(database, user, room)
      if (!one) return
      const writing = new Writing(app, options, job, one)
      try {
        await writing.run()
      } catch (error) {
        if (job.signal.aborted || job.attempts < ATTEMPTS) throw error
        job.log.error({ err: error }, 'a room could not be exported')
        await writing.fail('Something went wrong here. Try again later.')
      }
      return { again: 0 } satisfies Repeat
    },
  )
}

/** An export on which this process works. */
class Writing {
  readonly #app: FastifyInstance
  readonly #options: ExportJobOptions
  readonly #job: Job
  #export: Export

  constructor(app: FastifyInstance, options: ExportJobOptions, job: Job, one: Export) {
    this.#app = app
    this.#options = options
    this.#job = job
    this.#export = one
  }

  /** Writes until the file is whole, or until others should have a turn. */
  async run(): Promise<void> {
    const begun = performance.now()
    await this.#beginAgainIfLost()
    while (performance.now() - begun < SLICE) {
      this.#job.signal.throwIfAborted()
      const started = performance.now()
      const room = await this.#room()
      if (!room) return this.fail('You may not read this room any more.')
      if (this.#export.state === 'waiting') await this.#begin(room)
      if (await this.#writePart(room)) return
      // Half of the time at most, so that a long room does not slow everyone else down.
      await delay(performance.now() - started)
    }
  }

  /** Gives it up, and removes what was written. @param error for the person who asked */
  async fail(error: string): Promise<void> {
    const { bytes, id, user_id: user } = this.#export
    const failed = { state: 'failed', error, parts: 0, bytes: 0, ...ended() } as const
    await this.#job.transaction(async (transaction) => {
      await transaction.deleteFrom('export_parts').where('export_id', '=', id).execute()
      await transaction.updateTable('exports').set(failed).where('id', '=', id).execute()
    })
    await this.#app.usage.free(user, bytes)
    await this.#options.store.remove(id)
    this.#told(failed)
  }

  /** What was written may not be here: the database was moved or restored since. */
  async #beginAgainIfLost(): Promise<void> {
    const { bytes, id, parts, user_id: user } = this.#export
    if (parts === 0 || (await isThere(this.#app.database, this.#options.store, id))) return
    const unwritten = { state: 'waiting', written_seq: 0, messages: 0, parts: 0, bytes: 0 } as const
    await this.#job.transaction(async (transaction) => {
      await transaction.deleteFrom('export_parts').where('export_id', '=', id).execute()
      await transaction.updateTable('exports').set(unwritten).where('id', '=', id).execute()
    })
    await this.#app.usage.free(user, bytes)
    await this.#options.store.remove(id)
    this.#told(unwritten)
  }

  /** The room, as long as the person may read it. */
  async #room(): Promise<FoundRoom | undefined> {
    const { room_slug, user_id } = this.#export
    const person: Person | undefined = await personById(this.#app.database, user_id)
    if (!person || person.deactivated) return undefined
    const room = await findRoom(this.#app.database, room_slug, person)
    return room && may(room, 'see') ? room : undefined
  }

  async #begin(room: FoundRoom): Promise<void> {
    const begun = { state: 'running', last_seq: room.rev } as const
    await this.#job.transaction((transaction) =>
      transaction.updateTable('exports').set(begun).where('id', '=', this.#export.id).execute(),
    )
    this.#told(begun)
  }

  /** @returns true when there is nothing more to do for this export */
  async #writePart(room: FoundRoom): Promise<boolean> {
    const { bytes, id, parts, user_id: user } = this.#export
    const { content, messages, seq, isLast } = await this.#nextPart(room)
    if (!(await this.#app.usage.spend(user, content.length))) {
      await this.fail(this.#app.usage.refusal)
      return true
    }
    const written = {
      state: isLast ? 'done' : 'running',
      written_seq: seq,
      messages,
      parts: parts + 1,
      bytes: bytes + content.length,
      ...(isLast ? ended() : {}),
    } as const
    let isThere = false
    try {
      const part = await this.#options.store.write(id, content)
      isThere = await this.#job.transaction(async (transaction) => {
        const [updated] = await transaction
          .updateTable('exports')
          .set(written)
          .where('id', '=', id)
          .returning('id')
          .execute()
        if (!updated) return false
        await transaction
          .insertInto('export_parts')
          .values({ export_id: id, number: parts, ...part })
          .execute()
        return true
      })
    } finally {
      if (!isThere) this.#app.usage.refund(user, content.length)
    }
    if (isThere) this.#told(written)
    // Its person has deleted it meanwhile.
    else await this.#options.store.remove(id)
    return isLast || !isThere
  }

  /** The next part of the file, of about `PART` bytes. */
  async #nextPart(room: FoundRoom) {
    const { created_at, format, last_seq, parts, room_id, written_seq } = this.#export
    const { beginning, end, message } = formats[format]
    let { messages } = this.#export
    let seq = written_seq
    let isLast = false
    let size = 0
    const pieces: Buffer[] = []
    const add = (text: string) => {
      const piece = Buffer.from(text)
      pieces.push(piece)
      size += piece.length
    }
    if (parts === 0) add(beginning(room, created_at))
    let turn = performance.now()
    while (size < PART && !isLast) {
      const page = await messagesAfter(this.#app.database, room_id, seq, PAGE)
      const wanted = page.messages.filter((one) => one.seq <= last_seq)
      for (const one of wanted) {
        add(message(messageFrame(one), messages === 0))
        messages += 1
        seq = one.seq
        if (performance.now() - turn < TURN) continue
        await nextTurn()
        turn = performance.now()
      }
      isLast = !page.more || wanted.length < page.messages.length
    }
    if (isLast) add(end)
    return { content: Buffer.concat(pieces), messages, seq, isLast }
  }

  #told(changes: Partial<Export>): void {
    this.#export = { ...this.#export, ...changes }
    this.#options.announce(this.#export.user_id, jobFrame(this.#export))
  }
}

/** A file is kept for a day from when it is done. */
function ended(): { ended_at: string; expires_at: string } {
  return { ended_at: new Date().toISOString(), expires_at: endOfExport() }
}
