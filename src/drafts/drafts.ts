import { randomUUIDv7 } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Selectable } from 'kysely'
import { lockPerson } from '../accounts/index.ts'
import { type ChannelEvent, type ChannelLayer, FrameError, wellFormed } from '../channels/index.ts'
import { type Database, inTransaction, type Placeholder, prepared } from '../storage/index.ts'
import type { Draft, DraftFrame, StoredDraft } from './protocol.ts'
import type { DraftsTable } from './tables.ts'

/** Rooms in which one person may have a draft. */
const PER_PERSON = 200

/** A device of a person has changed a draft. */
export interface DraftChanged extends ChannelEvent {
  readonly type: 'drafts.changed'
  readonly frame: DraftFrame
}

/** The group of a person's devices, for their drafts. */
export function draftsGroup(user: number): string {
  return `person.${user}.drafts`
}

export interface NewDraft {
  readonly message: string
  readonly reply?: number | undefined
  readonly base?: string | undefined
}

/** Stores drafts, so that people can continue them on another device. */
export class Drafts {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger

  constructor(database: Database, layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#log = log
  }

  /** Returns a person's draft in a room; with an empty text where there is none. */
  async of(user: number, room: number): Promise<Draft> {
    const row = await selectDraft.executeTakeFirst(this.#database, { user, room })
    return row ? draftOf(row) : { message: '' }
  }

  /**
   * Stores what a device has, unless another device has written since `base`: then that stays, and is returned.
   * @throws FrameError with `invalid` for a text that cannot be stored, and `limit` where the person has drafts in too many rooms
   */
  async put(user: number, room: { id: number; slug: string }, given: NewDraft): Promise<StoredDraft> {
    if (given.message.includes('\0'))
      throw new FrameError('invalid', 'a text cannot contain the character NUL')
    const text = wellFormed(given.message)
    const version = randomUUIDv7()
    const reply = given.reply ?? null
    const stored = await inTransaction(this.#database, async (transaction) => {
      const mine = transaction
        .selectFrom('drafts')
        .selectAll()
        .where('user_id', '=', user)
        .where('room_id', '=', room.id)
      const before = await mine.executeTakeFirst()
      if (before && before.text === text && before.reply_seq === reply) return before
      if (before && before.version !== given.base) return before
      if (text === '') {
        await transaction
          .deleteFrom('drafts')
          .where('user_id', '=', user)
          .where('room_id', '=', room.id)
          .where('version', '=', before?.version ?? '')
          .execute()
        return (await mine.executeTakeFirst()) ?? undefined
      }
      if (!before) {
        await lockPerson(transaction, user)
        const { count } = await transaction
          .selectFrom('drafts')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('user_id', '=', user)
          .executeTakeFirstOrThrow()
        if (Number(count) >= PER_PERSON)
          throw new FrameError(
            'limit',
            `you have drafts in ${PER_PERSON} rooms; send or empty one of them first`,
          )
      }
      await transaction
        .insertInto('drafts')
        .values({ user_id: user, room_id: room.id, room_slug: room.slug, text, reply_seq: reply, version })
        // Another device may have written in this moment.
        .onConflict((conflict) =>
          conflict
            .columns(['user_id', 'room_id'])
            .doUpdateSet({ text, reply_seq: reply, version })
            .where('drafts.version', '=', before?.version ?? ''),
        )
        .execute()
      return mine.executeTakeFirstOrThrow()
    })
    if (!stored) {
      // The number says where in time the draft ended.
      this.#tell(user, { type: 'draft', room: room.slug, message: '', version })
      return { message: '', version, conflict: false }
    }
    const draft = draftOf(stored)
    if (stored.version === version) this.#tell(user, { type: 'draft', room: room.slug, ...draft })
    return { ...draft, conflict: stored.text !== text || stored.reply_seq !== reply }
  }

  /** Ends a draft that was sent, if it is still the one of that version. */
  async sent(user: number, room: { id: number; slug: string }, version: string): Promise<void> {
    await this.put(user, room, { message: '', base: version })
  }

  #tell(user: number, frame: DraftFrame): void {
    const event: DraftChanged = { type: 'drafts.changed', frame }
    this.#layer
      .groupSend(draftsGroup(user), event)
      .catch((error) => this.#log.warn({ err: error }, 'the devices of a person were not told of a draft'))
  }
}

function draftOf({ reply_seq: reply, text: message, version }: Selectable<DraftsTable>): Draft {
  return { message, ...(reply !== null && { reply }), version }
}

/** Each page of a room asks for it. */
const selectDraft = prepared((database, value: Placeholder<{ user: number; room: number }>) =>
  database
    .selectFrom('drafts')
    .selectAll()
    .where('user_id', '=', value('user'))
    .where('room_id', '=', value('room')),
)
