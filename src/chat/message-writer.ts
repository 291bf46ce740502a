import { randomUUIDv7 } from 'node:crypto'
import { rowSize, type Usage } from '../accounts/index.ts'
import type { Actor, NewAuditEntry } from '../audit/index.ts'
import { readersNamed } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import type { StreamKind, StreamWriter } from '../streams/index.ts'
import type { MessageCommand, MessageResult, Person, Post } from './commands.ts'
import { hasExpressions } from './expressions/find.ts'
import type { MessageValues } from './expressions/message-values.ts'
import { colouring, hasCode } from './markdown/colouring.ts'
import { findMentions, mentionedAmong } from './mentions.ts'
import { type Message, messageFrame, messageText, valuesOf } from './message.ts'
import { applyMessageCommands } from './message-commands.ts'
import { changesAfter, countChanged, isPosted, messageAt, standingAt } from './messages.ts'
import type { MessageValue } from './protocol.ts'
import { type LockedRoom, roomTable } from './room-table.ts'

/** The talk of rooms as streams: each message is a change, and so is each change of one. */
export const talk: StreamKind<LockedRoom, MessageCommand, MessageResult, Message> = {
  name: 'chat',
  table: roomTable,
  group: (room) => `room.${room}`,
  apply: applyMessageCommands,
  changes: changesAfter,
  standing: standingAt,
  countChanged,
  fingerprint,
  quoted: ({ reply }) => reply?.seq,
  frame: messageFrame,
}

/** A message as it is stored: without names, and without the excerpt of what it answers, which change by themselves. */
function fingerprint(message: Message): string {
  const { id, text, at, editedAt, deleted, reactions, values, mentions, files, pinnedAt } = message
  const held = reactions ?? values ?? mentions ?? files ?? pinnedAt
  // Most have nothing else; the list, which begins with a bracket, takes several times as long.
  if (editedAt === null && !deleted && held === null) return `${id} ${at} ${text}`
  return JSON.stringify([id, at, editedAt, deleted, reactions, text, values, mentions, files, pinnedAt])
}

/** A message as its sender gave it. */
type NewMessage = Pick<Post, 'text' | 'id' | 'reply' | 'files'>

export type TalkWriter = StreamWriter<LockedRoom, MessageCommand, MessageResult, Message>

/**
 * The only way to say something in a room, or to change what was said. When a method resolves, it is on disk.
 *
 * All throw FrameError with what the person can do about it: `not_found`, `forbidden`, `syntax` or `evaluation` for an
 * expression in the text that has no value, or `limit` when they may keep nothing more; and whatever the database throws that cannot store it. Nothing is changed then.
 */
export class MessageWriter {
  readonly #writer: TalkWriter
  readonly #usage: Usage
  readonly #database: Database
  readonly #values: MessageValues

  constructor(writer: TalkWriter, usage: Usage, database: Database, values: MessageValues) {
    this.#writer = writer
    this.#usage = usage
    this.#database = database
    this.#values = values
  }

  /**
   * Says something in a room.
   * @param id makes a retry safe: the same sender, room and id is stored once
   * @param reply the `seq` of the message that it answers
   * @param files ids of files that the person has sent in this room for it
   */
  post(
    room: number,
    by: Person,
    text: string,
    id: string = randomUUIDv7(),
    reply?: number,
    files: readonly string[] = [],
  ): Promise<MessageResult> {
    const message = { text, id, reply, files }
    return isPlain(text) ? this.#store(room, by, message, null, null) : this.#postPrepared(room, by, message)
  }

  async #postPrepared(room: number, by: Person, message: NewMessage): Promise<MessageResult> {
    const stored = messageText(message.text)
    if (hasCode(stored)) await colouring.prepare([{ text: stored, author: by.name }])
    const values =
      !by.bot && hasExpressions(stored) ? await this.#valuesOfPost(room, by, stored, message.id) : null
    const { names } = findMentions(stored)
    const mentions = names.length > 0 ? await this.#mentioned(room, names) : null
    return this.#store(room, by, { ...message, text: stored }, values, mentions)
  }

  #store(
    room: number,
    by: Person,
    { text, id, reply, files }: NewMessage,
    values: string | null,
    mentions: string | null,
  ): Promise<MessageResult> {
    const size = rowSize(text, id, values, mentions)
    return this.#usage.keep(by.id, size, (fits) =>
      this.#writer.run(room, { type: 'post', by, text, id, reply, values, mentions, files, fits }, size),
    )
  }

  /** Tells whether somebody said something in a room under this id. */
  hasPosted(room: number, by: Person, id: string): Promise<boolean> {
    return isPosted(this.#database, room, by.id, id)
  }

  /** Changes the text of one's own message. */
  async edit(room: number, by: Person, seq: number, text: string): Promise<MessageResult> {
    const stored = messageText(text)
    if (hasCode(stored)) await colouring.prepare([{ text: stored, author: by.name }])
    const values = !by.bot && hasExpressions(stored) ? await this.#valuesOfEdit(room, by, seq, stored) : null
    const { names } = findMentions(stored)
    const mentions = names.length > 0 ? await this.#mentioned(room, names) : null
    const size =
      Buffer.byteLength(stored) + Buffer.byteLength(values ?? '') + Buffer.byteLength(mentions ?? '')
    const result = await this.#usage.keep(by.id, size, (fits) =>
      this.#writer.run(room, { type: 'edit', by, seq, text: stored, values, mentions, fits }, size),
    )
    await this.#free(result)
    return result
  }

  /** Deletes a message. Its row stays, without anything that was written in it. @param moderator the person who may delete another's */
  async delete(room: number, by: Person, seq: number, moderator?: Actor): Promise<MessageResult> {
    const result = await this.#writer.run(room, { type: 'delete', by, seq, moderator })
    await this.#free(result)
    return result
  }

  /** Deletes a message that has become too old, as `delete` does, also in a room that is archived. */
  async expire(room: number, seq: number): Promise<void> {
    await this.#free(await this.#writer.run(room, { type: 'expire', seq }))
  }

  /** Takes back an emoji of somebody whose account was deleted, also in a room that is archived. */
  async withdraw(room: number, by: Person, seq: number, emoji: string): Promise<void> {
    const { changed } = await this.#writer.run(room, { type: 'withdraw', by, seq, emoji })
    if (changed) await this.#usage.free(by.id, rowSize(emoji))
  }

  /** Adds an emoji to a message, or takes one's own back. */
  async react(room: number, by: Person, seq: number, emoji: string, on: boolean): Promise<MessageResult> {
    const size = rowSize(emoji)
    const result = await this.#usage.keep(by.id, on ? size : 0, (fits) =>
      this.#writer.run(room, { type: 'react', by, seq, emoji, on, fits }),
    )
    if (!on && result.changed) this.#usage.refund(by.id, size)
    return result
  }

  /** Pins a message to its room, or takes that back. @param entry what is written into the audit log if that changes anything */
  pin(room: number, seq: number, on: boolean, entry?: NewAuditEntry): Promise<MessageResult> {
    return this.#writer.run(room, { type: 'pin', seq, on, entry })
  }

  /** A retry of what is stored needs no values: it is answered with what is stored, whatever the sheet says by now. */
  async #valuesOfPost(room: number, by: Person, text: string, id: string): Promise<string | null> {
    if (await isPosted(this.#database, room, by.id, id)) return null
    try {
      return stringified(await this.#values.of(room, by, text))
    } catch (error) {
      if (await isPosted(this.#database, room, by.id, id)) return null
      throw error
    }
  }

  /** Expressions that were in the message before keep their values. */
  async #valuesOfEdit(room: number, by: Person, seq: number, text: string): Promise<string | null> {
    const before = await messageAt(this.#database, room, seq)
    // It will be refused, or changes nothing.
    if (!before || before.deleted || before.sender !== by.name || before.text === text) return null
    return stringified(await this.#values.of(room, by, text, valuesOf(before)))
  }

  /** Those of the names in a text whose people may read the room: of others it is not told whether they exist. */
  async #mentioned(room: number, names: readonly string[]): Promise<string | null> {
    const readers = new Set((await readersNamed(this.#database, room, names)).map(({ name }) => name))
    const mentioned = mentionedAmong(names, readers)
    return mentioned.length === 0 ? null : JSON.stringify(mentioned)
  }

  async #free({ replaced }: MessageResult): Promise<void> {
    if (replaced) await this.#usage.free(replaced.by, replaced.bytes)
  }
}

/** Tells whether a text, as most are, is stored as it is: without anything in it that is checked, looked up or calculated first. */
function isPlain(text: string): boolean {
  const isSpecial = text.includes('\0') || text.includes('@') || text.includes('=') || hasCode(text)
  return !isSpecial && text.isWellFormed()
}

function stringified(values: readonly MessageValue[]): string | null {
  return values.length === 0 ? null : JSON.stringify(values)
}
