import type { Actor, NewAuditEntry } from '../audit/index.ts'
import type { Message } from './message.ts'

export interface Person {
  readonly id: number
  /** The username. */
  readonly name: string
  /** The person's display name; null: their username. */
  readonly displayName?: string | null
  /** The version of their picture; null: they have none. */
  readonly picture?: string | null
  /** True for a bot, and for a hook: nothing in what they say is calculated. */
  readonly bot?: boolean
}

/** The commands of a room's talk. */
export type MessageCommand = Post | Edit | Delete | Expire | React | Withdraw | Pin

/** `fits` tells whether the message fits into its sender's space. A retry of a stored message is answered in any case. */
export interface Post {
  readonly type: 'post'
  readonly by: Person
  readonly text: string
  /** The same sender, room and id is stored once. */
  readonly id: string
  readonly reply: number | undefined
  /** JSON of the values of its expressions; null: it has none. */
  readonly values: string | null
  /** JSON of the usernames that it mentions; null: none. */
  readonly mentions: string | null
  /** Ids of the files that it is said with. */
  readonly files: readonly string[]
  readonly fits: boolean
}

export interface Edit {
  readonly type: 'edit'
  readonly by: Person
  readonly seq: number
  readonly text: string
  /** As of a `Post`. */
  readonly values: string | null
  readonly mentions: string | null
  readonly fits: boolean
}

export interface Delete {
  readonly type: 'delete'
  readonly by: Person
  /** Set for a person who may also delete messages of others, which the audit log then tells. */
  readonly moderator: Actor | undefined
  readonly seq: number
}

/** A message has become too old: it is deleted, also in a room that is archived. */
export interface Expire {
  readonly type: 'expire'
  readonly seq: number
}

export interface React {
  readonly type: 'react'
  readonly by: Person
  readonly seq: number
  readonly emoji: string
  readonly on: boolean
  readonly fits: boolean
}

/** Pins a message to its room, or takes that back. */
export interface Pin {
  readonly type: 'pin'
  readonly seq: number
  readonly on: boolean
  /** The entry for the audit log, written if the command changes anything; undefined: none. */
  readonly entry: NewAuditEntry | undefined
}

/** The account that chose an emoji was deleted: the choice is taken back, also in a room that is archived. */
export interface Withdraw {
  readonly type: 'withdraw'
  readonly by: Person
  readonly seq: number
  readonly emoji: string
}

/** The outcome of a command. */
export interface MessageResult {
  /** The message as it is now. */
  readonly message: Message
  /** True if the command changed anything; a retry does not. */
  readonly changed: boolean
  /** The room's latest change when the command had been applied. */
  readonly rev: number
  /** The bytes that a change or a deletion removed, and the person whose they were. */
  readonly replaced?: { readonly by: number; readonly bytes: number }
}
