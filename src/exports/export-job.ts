import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { type Person, personById } from '../accounts/index.ts'
import { deletedAfter, type MessageFrame, messageFrame, messagesAfter, showing } from '../chat/index.ts'
import type { Job, JobQueue, Repeat } from '../jobs/index.ts'
import { type FoundRoom, findRoom, lockRoomShared, may } from '../rooms/index.ts'
import type { Tables } from '../storage/index.ts'
import { EMBEDDED, embeddedSize, LARGEST_EMBEDDED } from './embedded-files.ts'
import { type Export, endOfExport, jobFrame, nextExport } from './exports.ts'
import { formats } from './formats.ts'
import { PartContent } from './part-content.ts'
import type { PartStore, StoredPart } from './part-store.ts'
import { isAnyWithin, isThere, type Part, removeReplaced, stalePartOf } from './parts.ts'
import type { JobFrame } from './protocol.ts'

/** Bytes from which on a part is stored: no more of a file is in memory. */
const PART = 512 * 1024

/** Messages that are read at once. */
const PAGE = 100

/** Milliseconds for which messages are written before others have a turn on the event loop. */
const TURN = 5

/** Milliseconds after which another job may be done before this one goes on. */
const SLICE = 4_000

/** Attempts before an export is given up. */
const ATTEMPTS = 8

const Payload = Type.Object({ user: Type.Integer(), room: Type.Integer() })
export type ExportQueue = JobQueue<{ user: number; room: number }>

export interface ExportJobOptions {
  readonly store: PartStore
  readonly announce: (user: number, frame: JobFrame) => void
}

/** One person's exports of a room are made one after another, and the progress is stored with each part. */
export function exportJobs(app: FastifyInstance, options: ExportJobOptions): ExportQueue {
  const { database } = app
  return app.jobs.handle(
    'export',
    {
      about: 'Exports a room',
      payload: Payload,
      atOnce: 1,
      attempts: ATTEMPTS,
      timeout: 60_000,
      perPerson: 100,
    },
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

/** Messages of a room as they stand in a file. */
interface Written {
  readonly content: PartContent
  readonly first: number
  /** The `seq` of the last of them; less than `first` where there are none. */
  readonly last: number
  readonly messages: number
  /** True if there is nothing more up to where it was to be written. */
  readonly isAll: boolean
}

/** A place in a file, of which the messages are written. */
interface Place {
  /** The `seq` before the first that is wanted. */
  readonly after: number
  /** The last that is wanted. */
  readonly upTo: number
  /** True if the file ends there. */
  readonly endsFile: boolean
  /** Bytes that files of messages take up in other parts of it. */
  readonly embedded: number
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
    if (this.#export.state === 'failed') return
    await this.#removeReplaced()
    while (performance.now() - begun < SLICE) {
      this.#job.signal.throwIfAborted()
      const started = performance.now()
      const room = await this.#room()
      if (!room) return this.fail('You can no longer read this room.')
      if (this.#export.state === 'waiting') await this.#begin(room)
      const stale = await stalePartOf(this.#app.database, this.#export.id)
      if (!stale && this.#export.state === 'done') return this.#removeReplaced()
      if (!(await (stale ? this.#writeAnew(room, stale) : this.#append(room)))) return
      // Half of the time at most, so that a long room does not slow everyone else down.
      await delay(performance.now() - started)
    }
    // The part that was just written may have been the last one.
    await this.#removeReplaced()
  }

  /** Gives it up, and removes what was written. @param error for the person who asked */
  async fail(error: string): Promise<void> {
    await this.#unwrite({ state: 'failed', error, ...ended() })
  }

  /** Starts over if the written parts are not here: the database was moved or restored since. */
  async #beginAgainIfLost(): Promise<void> {
    const { id, parts, state } = this.#export
    if (parts === 0 || (await isThere(this.#app.database, this.#options.store, id))) return
    if (state === 'done')
      await this.fail('The exported file was not moved with the server’s data. Export it again.')
    else await this.#unwrite({ state: 'waiting', written_seq: 0, messages: 0 })
  }

  async #unwrite(changes: Partial<Export>): Promise<void> {
    const { bytes, id, user_id: user } = this.#export
    const unwritten = { ...changes, parts: 0, bytes: 0, embedded: 0, stale: 0 }
    await this.#change(async (transaction) => {
      await transaction.updateTable('exports').set(unwritten).where('id', '=', id).execute()
      await transaction.deleteFrom('export_parts').where('export_id', '=', id).execute()
    })
    await this.#app.usage.free(user, bytes)
    await this.#options.store.remove(id)
    this.#told(unwritten)
  }

  #removeReplaced(): Promise<void> {
    return removeReplaced(this.#app.database, this.#options.store, this.#export.id)
  }

  /** Locks the room, then its exports, then their job: in the order in which deleting a message locks them. */
  #change<Result>(work: (transaction: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return this.#job.transaction(work, (transaction) => lockRoomShared(transaction, this.#export.room_id))
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
    await this.#change((transaction) =>
      transaction.updateTable('exports').set(begun).where('id', '=', this.#export.id).execute(),
    )
    this.#told(begun)
  }

  /** Writes the next part. @returns false where there is nothing more to do for this export */
  async #append(room: FoundRoom): Promise<boolean> {
    const { embedded, id, last_seq, messages, parts, written_seq } = this.#export
    const written = await this.#write(room, { after: written_seq, upTo: last_seq, endsFile: true, embedded })
    const { content, first, isAll, last } = written
    return this.#keep(room, written, 0, async (transaction, stored) => {
      const updated = await transaction
        .updateTable('exports')
        .set(({ eb }) => ({
          state: isAll ? 'done' : 'running',
          written_seq: last,
          messages: messages + written.messages,
          parts: parts + 1,
          bytes: eb('bytes', '+', content.size),
          embedded: eb('embedded', '+', content.embedded),
          ...(isAll ? ended() : {}),
        }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
      const part = {
        ...{ export_id: id, number: parts, first_seq: first, last_seq: last, is_last: isAll ? 1 : 0 },
        ...{ ...measured(content), ...stored },
      }
      if (updated) await transaction.insertInto('export_parts').values(part).execute()
      return updated
    })
  }

  /** Writes a part anew: what it has become too large for is a part of its own then. */
  async #writeAnew(room: FoundRoom, stale: Part): Promise<boolean> {
    const { id, parts } = this.#export
    const { bytes, first_seq, is_last, last_seq, number } = stale
    const embedded = this.#export.embedded - stale.embedded
    const place = { after: first_seq - 1, upTo: last_seq, endsFile: is_last === 1 }
    const written = await this.#write(room, { ...place, embedded })
    const { content, isAll, last } = written
    const more = isAll ? 0 : 1
    return this.#keep(room, written, bytes, async (transaction, stored) => {
      const updated = await transaction
        .updateTable('exports')
        .set(({ eb }) => ({
          bytes: eb('bytes', '+', content.size - bytes),
          embedded: eb('embedded', '+', content.embedded - stale.embedded),
          stale: eb('stale', '+', more - 1),
          parts: parts + more,
        }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst()
      if (!updated) return undefined
      await transaction
        .updateTable('export_parts')
        .set({ is_stale: 0, last_seq: last, is_last: isAll ? is_last : 0, ...measured(content), ...stored })
        .where('export_id', '=', id)
        .where('number', '=', number)
        .execute()
      const rest = {
        ...{ export_id: id, number: parts, first_seq: last + 1, last_seq, is_last },
        ...{ is_stale: 1, bytes: 0, embedded: 0, files: null, file: null, content: null },
      }
      if (!isAll) await transaction.insertInto('export_parts').values(rest).execute()
      return updated
    })
  }

  /**
   * Stores what was written, unless a message of which it shows something was deleted since the room was looked at.
   * @param before bytes of what it replaces
   * @returns false where there is nothing more to do for this export
   */
  async #keep(
    room: FoundRoom,
    written: Written,
    before: number,
    save: (transaction: Transaction<Tables>, stored: StoredPart) => Promise<Export | undefined>,
  ): Promise<boolean> {
    const { id, user_id: user } = this.#export
    const { store } = this.#options
    const more = written.content.size - before
    if (more > 0 && !(await this.#app.usage.spend(user, more))) {
      await this.fail(this.#app.usage.refusal)
      return false
    }
    let isOutdated = false
    let kept: Export | undefined
    try {
      const stored = await store.write(id, written.content.text())
      kept = await this.#change(async (transaction) => {
        isOutdated = await showsDeleted(transaction, room, written)
        return isOutdated ? undefined : save(transaction, stored)
      })
    } finally {
      if (!kept && more > 0) this.#app.usage.refund(user, more)
    }
    if (kept) {
      if (more < 0) await this.#app.usage.free(user, -more)
      this.#told(kept)
    } // Its person has deleted it meanwhile.
    else if (!isOutdated) await store.remove(id)
    return kept !== undefined || isOutdated
  }

  /**
   * Writes the messages of a place, about `PART` bytes of them.
   */
  async #write(room: FoundRoom, { after, upTo, endsFile, embedded }: Place): Promise<Written> {
    const { created_at, format, room_id } = this.#export
    const { beginning, end, message } = formats[format]
    const content = new PartContent()
    let messages = 0
    let last = after
    let isAll = false
    if (after === 0) content.add(beginning(room, created_at))
    let turn = performance.now()
    while (content.size < PART && !isAll) {
      const page = await messagesAfter(this.#app.database, room_id, last, PAGE)
      const wanted = page.messages.filter((one) => one.seq <= upTo)
      for (const one of wanted) {
        const frame = messageFrame(one)
        const within = await this.#filesWithin(frame, EMBEDDED - embedded - content.embedded)
        content.add(...message(frame, after === 0 && messages === 0, within))
        messages += 1
        last = one.seq
        if (performance.now() - turn < TURN) continue
        await nextTurn()
        turn = performance.now()
      }
      isAll = !page.more || wanted.length < page.messages.length || last === upTo
    }
    if (isAll && endsFile) content.add(end)
    return { content, first: after + 1, last, messages, isAll }
  }

  /** The files of a message that are to stand in the file itself. @param space bytes that they may take up together */
  async #filesWithin({ files = [] }: MessageFrame, space: number): Promise<ReadonlySet<string>> {
    const within = new Set<string>()
    if (!formats[this.#export.format].embeds) return within
    let left = space
    for (const file of files) {
      const size = embeddedSize(file)
      if (size > Math.min(left, LARGEST_EMBEDDED)) continue
      if (!(await this.#app.files.store.has(file.id, 'content'))) continue
      within.add(file.id)
      left -= size
    }
    return within
  }

  #told(changes: Partial<Export>): void {
    this.#export = { ...this.#export, ...changes }
    this.#options.announce(this.#export.user_id, jobFrame(this.#export))
  }
}

function measured({ embedded, files, size }: PartContent) {
  return { bytes: size, embedded, files: files.length === 0 ? null : JSON.stringify(files) }
}

/** A file is kept for a day from when it is done. */
function ended(): { ended_at: string; expires_at: string } {
  return { ended_at: new Date().toISOString(), expires_at: endOfExport() }
}

/** Tells whether a message of which something is shown there was deleted since the room was looked at. */
async function showsDeleted(
  transaction: Transaction<Tables>,
  { id, rev }: FoundRoom,
  { first, last }: Written,
): Promise<boolean> {
  const deleted = await deletedAfter(transaction, id, rev)
  const places = deleted && (await showing(transaction, id, deleted))
  if (!places) return true
  return isAnyWithin(
    places.toSorted((a, b) => a - b),
    { first_seq: first, last_seq: last },
  )
}
