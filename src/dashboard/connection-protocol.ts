import { type Static, Type } from 'typebox'

const Text = (maxLength: number) => Type.String({ maxLength })
const Count = Type.Number({ minimum: 0 })

/** Rows of each kind that one process answers with. */
export const ROWS = 51

/** The process, and the number that the connection has there. */
export const ConnectionId = Type.String({ pattern: String.raw`^[A-Za-z0-9_-]{1,64}\.[0-9]{1,15}$` })

export const ConnectionRow = Type.Object({
  id: ConnectionId,
  consumer: Text(64),
  /** The address of a room. */
  room: Type.Optional(Text(64)),
  address: Text(64),
  userAgent: Text(200),
  user: Type.Optional(Text(64)),
  isLimited: Type.Boolean(),
  /** Seconds since 1970. */
  openedAt: Count,
  /** Bytes that wait. */
  unsent: Count,
  framesIn: Count,
  framesOut: Count,
  lastError: Type.Optional(Type.Object({ code: Text(64), at: Count })),
})
export type ConnectionRow = Static<typeof ConnectionRow>

export const ClosedRow = Type.Intersect([
  ConnectionRow,
  Type.Object({ code: Count, /** Milliseconds since 1970. */ closedAt: Count }),
])
export type ClosedRow = Static<typeof ClosedRow>

export const RefusedRow = Type.Object({
  /** Milliseconds since 1970. */
  at: Count,
  address: Text(64),
  userAgent: Text(200),
  path: Text(200),
  reason: Text(32),
  error: Text(200),
  /** The refused value, and the values that would have been accepted. */
  details: Text(1000),
})
export type RefusedRow = Static<typeof RefusedRow>

/** The connection after which a page begins. */
export const Place = Type.Object({ openedAt: Count, id: ConnectionId })
export type Place = Static<typeof Place>

/** A question to a process about its connections. */
export const Question = Type.Union([
  Type.Object({ kind: Type.Literal('list'), q: Text(100), after: Type.Optional(Place) }),
  Type.Object({ kind: Type.Literal('one'), id: ConnectionId }),
  Type.Object({ kind: Type.Literal('close'), id: ConnectionId }),
  /** Asks for the connections that ended and the handshakes that were refused lately: those of a network, of a person, or all. */
  Type.Object({
    kind: Type.Literal('lately'),
    network: Type.Optional(Text(64)),
    user: Type.Optional(Text(64)),
  }),
])
export type Question = Static<typeof Question>

export const Answer = Type.Object({
  connections: Type.Array(ConnectionRow, { maxItems: ROWS }),
  closed: Type.Array(ClosedRow, { maxItems: ROWS }),
  refused: Type.Array(RefusedRow, { maxItems: ROWS }),
})
export type Answer = Static<typeof Answer>

export const ConnectionsQuery = Type.Object({
  q: Type.Optional(Text(100)),
  /** `OPENED_AT:ID` of the last connection of the page before. */
  after: Type.Optional(Type.String({ pattern: String.raw`^[0-9]{1,12}:[A-Za-z0-9_-]{1,64}\.[0-9]{1,15}$` })),
})

export const ConnectionParams = Type.Object({ id: Text(100) })
