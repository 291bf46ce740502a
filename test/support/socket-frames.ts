interface TriedFrame {
  readonly frame: object
  /** The answer in an archived room. */
  readonly archived: string
  /** The people in a room who may send it about something that its owner said; if left out, everyone. */
  readonly of?: 'its writer' | 'its writer and moderators'
}

/** Sockets that are about a room, with their frames. */
export const sockets: Record<string, Record<string, TriedFrame>> = {
  '/ws/chat/:room': {
    message: { frame: { message: 'hello' }, archived: 'forbidden' },
    edit: { frame: { seq: 1, message: 'changed' }, archived: 'forbidden', of: 'its writer' },
    delete: { frame: { seq: 1 }, archived: 'forbidden', of: 'its writer and moderators' },
    react: { frame: { seq: 1, emoji: '👍', on: true }, archived: 'forbidden' },
    preview: { frame: { message: '= 1' }, archived: 'forbidden' },
    typing: { frame: { on: false }, archived: 'forbidden' },
    read: { frame: { seq: 1 }, archived: 'nothing' },
    seen: { frame: {}, archived: 'nothing' },
  },
  '/ws/calculator/:room': {
    insert: { frame: { expression: '1', before: null }, archived: 'forbidden' },
    set: { frame: { seq: 1, expression: '2', base: 9 }, archived: 'forbidden' },
    move: { frame: { seq: 1, before: null }, archived: 'forbidden' },
    remove: { frame: { seq: 1, base: 9 }, archived: 'forbidden' },
    edit: { frame: { changes: [{ type: 'move', seq: 1, before: null }] }, archived: 'forbidden' },
    rename: { frame: { from: 'x', to: 'y' }, archived: 'forbidden' },
    undo: { frame: { rev: 1 }, archived: 'forbidden' },
    redo: { frame: { rev: 1 }, archived: 'forbidden' },
    evaluate: { frame: { expression: '1' }, archived: 'forbidden' },
    preview: { frame: { expression: '1' }, archived: 'forbidden' },
    editing: { frame: { seq: 1, expression: '2' }, archived: 'forbidden' },
  },
  '/ws/cursors/:room': { move: { frame: { x: 1, y: 1 }, archived: 'forbidden' } },
  '/ws/connect-four/:room': {
    drop: { frame: { game: 1, move: 0, column: 3 }, archived: 'forbidden' },
    begin: { frame: { game: 0 }, archived: 'forbidden' },
  },
  '/ws/questions/:room': {
    ask: { frame: { text: 'Why?' }, archived: 'forbidden' },
    vote: { frame: { seq: 1, on: true }, archived: 'forbidden' },
  },
  '/ws/notes/:room': { write: { frame: { seq: 1, text: 'Cake' }, archived: 'forbidden' } },
  '/ws/notes/:room/editing': { edit: { frame: { seq: 1 }, archived: 'forbidden' } },
  '/ws/polls/:room/:poll': { vote: { frame: { option: 0 }, archived: 'forbidden' } },
}

/** Those whom a frame of the server reaches: the one socket, everyone in the room, all devices of one person, or all who follow. */
type Reached = 'the socket' | 'the room' | 'the person' | 'followers'

type Frames = Record<string, Reached>

const live: Frames = { welcome: 'the socket', error: 'the socket' }
const shared: Frames = { presence: 'the room', glance: 'the room', person: 'the room' }
const inRoom: Frames = { ...live, ...shared, reset: 'the socket', done: 'the socket' }
const lines: Frames = { result: 'the room', input: 'the room', editing: 'the room', preview: 'the socket' }
const ofSheet: Frames = { ...inRoom, ...lines }

/**
 * Every frame that a socket sends. Nobody gets into a room's sockets who may not read it (`access.test.ts`); how frames reach those
 * in it is in the tests of what sends them. `person` and `blocked`, which change nothing of a room, are in `live-access.test.ts`.
 */
export const reached: Record<string, Frames> = {
  '/ws/chat/:room': {
    ...inRoom,
    ...{ message: 'the room', typing: 'the room', seen: 'the room' },
    ...{ notice: 'the socket', preview: 'the socket' },
  },
  '/ws/calculator': ofSheet,
  '/ws/calculator/:room': ofSheet,
  '/ws/notifications': {
    ...{ rooms: 'the socket', reset: 'the socket', error: 'the socket', statuses: 'the socket' },
    ...{ room: 'the person', notification: 'the person', seen: 'the person', withdrawn: 'the person' },
    ...{ unseen: 'the person', job: 'the person', draft: 'the person', blocked: 'the person' },
  },
  '/ws/cursors/:room': { ...live, 'cursors.changed': 'the room' },
  '/ws/connect-four/:room': { ...inRoom, board: 'the room' },
  '/ws/questions/:room': { ...inRoom, question: 'the room' },
  '/ws/notes/:room': { ...inRoom, field: 'the room' },
  '/ws/notes/:room/editing': { ...live, 'editing.changed': 'the room' },
  '/ws/polls/:room/:poll': { ...inRoom, poll: 'the room' },
  '/ws/ticker': { ...live, prices: 'followers' },
  '/ws/support': { ...live, message: 'followers', chat: 'followers' },
  '/ws/support/:chat': { ...live, message: 'followers', chat: 'followers' },
  '/ws/support/desk': { ...live, message: 'followers', chat: 'followers' },
}
