import type { Transaction } from 'kysely'
import { type NewAuditEntry, recordAudit } from '../audit/index.ts'
import { FrameError } from '../channels/index.ts'
import { FilesToAttach } from '../files/index.ts'
import type { Tables } from '../storage/index.ts'
import type { Item, OpenStream } from '../streams/index.ts'
import type {
  Delete,
  Edit,
  Expire,
  MessageCommand,
  MessageResult,
  Person,
  Pin,
  Post,
  React,
  Withdraw,
} from './commands.ts'
import { plainExcerpt } from './excerpts.ts'
import { type Message, type Reply, filesOf as shownFilesOf } from './message.ts'
import { type KnownMessage, MessageRows } from './message-rows.ts'
import { type Moderated, recordModerated } from './moderated.ts'
import { type Choice, EMOJI_OF_MESSAGE, ReactionChanges, type Reactions } from './reactions.ts'
import type { LockedRoom } from './room-table.ts'
import { type MessageRow, messageOf } from './stored-message.ts'

/** Messages of a room that can be pinned at the same time. */
const PINS_OF_ROOM = 50

type Room = OpenStream<LockedRoom, Message>
type MessageItem = Item<LockedRoom, MessageCommand, Message>

/**
 * Applies the commands of one transaction, for all rooms together: everything they refer to is read at once, they are applied in
 * memory in order, and their changes are written at once.
 */
export async function applyMessageCommands(
  transaction: Transaction<Tables>,
  items: readonly MessageItem[],
): Promise<readonly (MessageResult | FrameError)[]> {
  const rows = await MessageRows.read(transaction, items)
  const reactions = await ReactionChanges.read(transaction, choicesOf(items))
  const files = await FilesToAttach.read(transaction, filesOf(items))
  const commands = new MessageCommands(rows, reactions, files, new Date().toISOString())
  const results = items.map(({ stream, command }) => commands.apply(stream, command))
  for (const entry of commands.pinned) await recordAudit(transaction, entry)
  // In this order: deleting a message takes away the reactions that it was given in the same transaction.
  await reactions.write(transaction)
  await rows.write(transaction)
  await recordModerated(transaction, commands.moderated)
  await files.write(transaction)
  return results
}

class MessageCommands {
  /** The messages of others that were deleted. */
  readonly moderated: Moderated[] = []
  /** Entries for the audit log about messages that were pinned or unpinned. */
  readonly pinned: NewAuditEntry[] = []
  readonly #rows: MessageRows
  readonly #reactions: ReactionChanges
  readonly #files: FilesToAttach
  readonly #at: string

  constructor(rows: MessageRows, reactions: ReactionChanges, files: FilesToAttach, at: string) {
    this.#rows = rows
    this.#reactions = reactions
    this.#files = files
    this.#at = at
  }

  apply(room: Room, command: MessageCommand): MessageResult | FrameError {
    if (command.type === 'expire') return this.#expire(room, command)
    if (command.type === 'withdraw') return this.#withdraw(room, command)
    // A message that was stored before is found by `#post`. Consumers refuse the rest earlier, by what they know; another process
    // may have archived the room just now.
    if (room.row.archived_at !== null && command.type !== 'post') return archived()
    switch (command.type) {
      case 'post':
        return this.#post(room, command)
      case 'edit':
        return this.#edit(room, command)
      case 'delete':
        return this.#delete(room, command)
      case 'react':
        return this.#react(room, command)
      case 'pin':
        return this.#pin(room, command)
    }
  }

  #post(room: Room, command: Post): MessageResult | FrameError {
    const { by, text, id, reply, values, mentions, fits } = command
    const before = this.#rows.posted(room.id, by.id, id)
    if (before) return unchanged(room, before)
    if (room.row.archived_at !== null) return archived()
    const original = reply === undefined ? undefined : this.#rows.at(room.id, reply)
    if (reply !== undefined && (!original || original.row.deletedAt !== null))
      return new FrameError('not_found', 'the message that this replies to no longer exists')
    if (!fits) return noSpace()
    const taken = this.#files.take(room.id, by.id, command.files)
    if (taken instanceof FrameError) return taken
    const files = taken.length === 0 ? null : JSON.stringify(taken)
    const said = { id, sender: senderOf(by), text, values, mentions, files, at: this.#at }
    const row = newRow(room, said, original && replyTo(original.row))
    const posted = room.change(() => messageOf(row))
    this.#files.attach(taken, posted.seq)
    this.#rows.insert(room.id, by.id, row)
    return { message: posted, changed: true, rev: posted.rev }
  }

  #edit(room: Room, { by, seq, text, values, mentions, fits }: Edit): MessageResult | FrameError {
    const known = this.#standing(room, seq)
    if (known instanceof FrameError) return known
    if (known.senderId !== by.id)
      return new FrameError('forbidden', 'only the person who wrote a message can change it')
    if (known.row.text === text) return unchanged(room, known)
    if (!fits) return noSpace()
    const fields = { text, values, mentions, editedAt: this.#at }
    return { ...this.#change(room, known, fields), replaced: replacedOf(known) }
  }

  #delete(room: Room, { by, moderator, seq }: Delete): MessageResult | FrameError {
    const known = this.#rows.at(room.id, seq)
    if (!known) return noMessage()
    const isOwn = known.senderId === by.id
    if (!isOwn && !moderator)
      return new FrameError('forbidden', 'only the person who wrote a message can delete it')
    const result = this.#empty(room, known)
    if (moderator && !isOwn && result.changed)
      this.moderated.push({ by: moderator, room: room.id, person: known.senderId, seq })
    return result
  }

  #expire(room: Room, { seq }: Expire): MessageResult | FrameError {
    const known = this.#rows.at(room.id, seq)
    return known ? this.#empty(room, known) : noMessage()
  }

  #withdraw(room: Room, command: Withdraw): MessageResult | FrameError {
    return this.#react(room, { ...command, type: 'react', on: false, fits: true })
  }

  /** Takes away all that is in a message; its row stays. */
  #empty(room: Room, known: KnownMessage): MessageResult {
    if (known.row.deletedAt !== null) return unchanged(room, known)
    this.#rows.forgetReactions(room.id, known.row.seq)
    const nothing = {
      ...{ text: '', values: null, mentions: null, files: null, reactions: null },
      ...{ editedAt: null, deletedAt: this.#at, pinnedAt: null },
    }
    return { ...this.#change(room, known, nothing), replaced: replacedOf(known) }
  }

  #react(room: Room, { by, seq, emoji, on, fits }: React): MessageResult | FrameError {
    const known = this.#standing(room, seq)
    if (known instanceof FrameError) return known
    const choice: Choice = { room: room.id, seq, emoji, user: by.id }
    if (this.#reactions.has(choice) === on) return unchanged(room, known)
    const reactions: Reactions = known.row.reactions === null ? {} : JSON.parse(known.row.reactions)
    if (on && !Object.hasOwn(reactions, emoji) && Object.keys(reactions).length >= EMOJI_OF_MESSAGE)
      return new FrameError(
        'limit',
        `a message can have at most ${EMOJI_OF_MESSAGE} different emoji; choose one of them`,
      )
    if (on && !fits) return noSpace()
    const now = on
      ? this.#reactions.add(choice, by.name, room.rev + 1, reactions)
      : this.#reactions.remove(choice, by.name, reactions)
    return this.#change(room, known, {
      reactions: Object.keys(now).length === 0 ? null : JSON.stringify(now),
    })
  }

  #pin(room: Room, { entry, on, seq }: Pin): MessageResult | FrameError {
    const known = this.#standing(room, seq)
    if (known instanceof FrameError) return known
    if ((known.row.pinnedAt !== null) === on) return unchanged(room, known)
    if (on && this.#rows.pinsOf(room.id) >= PINS_OF_ROOM)
      return new FrameError(
        'limit',
        `a room can have at most ${PINS_OF_ROOM} pinned messages; unpin one first`,
      )
    if (entry) this.pinned.push(entry)
    return this.#change(room, known, { pinnedAt: on ? this.#at : null })
  }

  /** A message that can be changed. */
  #standing(room: Room, seq: number): KnownMessage | FrameError {
    const known = this.#rows.at(room.id, seq)
    return known && known.row.deletedAt === null ? known : noMessage()
  }

  #change(room: Room, known: KnownMessage, fields: Partial<MessageRow>): MessageResult {
    const message = room.change((rev) => messageOf({ ...known.row, ...fields, rev }))
    this.#rows.update(room.id, { ...known.row, ...fields, rev: message.rev })
    return { message, changed: true, rev: message.rev }
  }
}

function unchanged(room: Room, { row }: KnownMessage): MessageResult {
  return { message: messageOf(row), changed: false, rev: room.rev }
}

function replacedOf({
  senderId,
  row: { text, values, mentions },
}: KnownMessage): NonNullable<MessageResult['replaced']> {
  const texts = [text, values ?? '', mentions ?? '']
  return { by: senderId, bytes: texts.reduce((sum, one) => sum + Buffer.byteLength(one), 0) }
}

/** The ids of files that messages are said with. */
function filesOf(items: readonly MessageItem[]): string[] {
  return items.flatMap(({ command }) => (command.type === 'post' ? command.files : []))
}

function choicesOf(items: readonly MessageItem[]): (Choice & { on: boolean })[] {
  return items.flatMap(({ stream, command }) =>
    command.type === 'react' || command.type === 'withdraw'
      ? [
          {
            room: stream.id,
            seq: command.seq,
            emoji: command.emoji,
            user: command.by.id,
            on: command.type === 'react' && command.on,
          },
        ]
      : [],
  )
}

function replyTo({ seq, sender, senderName, text, files }: MessageRow): Reply {
  return { seq, sender, senderName, excerpt: plainExcerpt(text, shownFilesOf({ files })) }
}

type Sender = Pick<MessageRow, 'sender' | 'senderName' | 'senderPicture' | 'senderKind'>

function senderOf({ name, displayName = null, picture = null, bot = false }: Person): Sender {
  const senderKind = bot ? 'bot' : 'person'
  return { sender: name, senderName: displayName, senderPicture: picture, senderKind }
}

/** Makes the row of a message that is to be the room's next change. Written out, since copies of objects cost more than the rest. */
function newRow(
  room: Room,
  said: Pick<MessageRow, 'id' | 'text' | 'values' | 'mentions' | 'files' | 'at'> & {
    readonly sender: Sender
  },
  reply: Reply | undefined,
): MessageRow {
  const rev = room.rev + 1
  const { sender } = said
  return {
    room: room.row.slug,
    seq: rev,
    rev,
    id: said.id,
    sender: sender.sender,
    senderName: sender.senderName,
    senderPicture: sender.senderPicture,
    senderKind: sender.senderKind,
    text: said.text,
    at: said.at,
    editedAt: null,
    deletedAt: null,
    reactions: null,
    replySeq: reply?.seq ?? null,
    replySender: reply?.sender ?? null,
    replySenderName: reply?.senderName ?? null,
    replyText: reply?.excerpt ?? null,
    replyFiles: null,
    values: said.values,
    mentions: said.mentions,
    files: said.files,
    pinnedAt: null,
  }
}

function archived(): FrameError {
  return new FrameError('forbidden', 'this room is archived: nothing in it can be changed')
}

function noMessage(): FrameError {
  return new FrameError('not_found', 'this message no longer exists')
}

function noSpace(): FrameError {
  return new FrameError('limit', 'there is no space left for this')
}
