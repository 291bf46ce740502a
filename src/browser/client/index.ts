/**
 * Follows a room and speaks in it, from a page or from Node, so that nothing is lost or doubled when a connection is lost:
 *
 * ```js
 * import { RoomClient } from 'partyline-client'
 *
 * const room = new RoomClient({
 *   server: 'https://chat.example.com',
 *   room: 'lobby',
 *   user: 'ada',
 *   token: async () => (await fetch('/token', { method: 'POST' })).text(),
 *   onMessage: ({ sender, message }) => console.log(`${sender}: ${message}`),
 * })
 * room.say('hello')
 * ```
 *
 * `RoomClient` stands on `LiveClient`, which serves sheets and other streams as well, and that on `Connection` (comes back,
 * with `since`), `Outbox` (what is said) and `Commands` (what changes something that is there). The pages of Partyline stand
 * on the same. client/README.md says more.
 */
export { Allowance } from './allowance.ts'
export { type AfterClose, afterClose, SIGNED_OUT } from './close-codes.ts'
export { Commands, type CommandsOptions } from './commands.ts'
export {
  type Address,
  Connection,
  type ConnectionOptions,
  type Row,
  SignedOut,
  type SocketState,
} from './connection.ts'
export {
  type AnsweredMessage,
  type Draft,
  type DraftCommand,
  type DraftConflict,
  readDraftList,
  type SentFile,
  type TextStorage,
  type UnsentPlace,
  unsentPlaces,
} from './draft-store.ts'
export { isObject, readFrame, type ServerObject } from './frames.ts'
export { LiveClient, type LiveClientOptions } from './live-client.ts'
export { Outbox, type OutboxOptions, type PendingDraft, WAITING } from './outbox.ts'
export {
  isRoomMessage,
  messageFrame,
  ownZone,
  Refused,
  RoomClient,
  type RoomClientOptions,
  type RoomMessage,
} from './room-client.ts'
