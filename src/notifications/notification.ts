import { type Static, Type } from 'typebox'
import { Time } from '../web/index.ts'

/** Why somebody is notified of a message. */
export type MessageEvent = 'mention' | 'reply' | 'direct' | 'everything'

/** The events of notifications, beside those that other systems push. */
export type NotificationEvent = MessageEvent | 'reminder' | 'job'

const MESSAGE_EVENTS: ReadonlySet<string> = new Set<MessageEvent>([
  'mention',
  'reply',
  'direct',
  'everything',
])
const OWN_EVENTS: ReadonlySet<string> = new Set<string>([...MESSAGE_EVENTS, 'reminder', 'job'])

/** The `event` of a row that another system pushed, and of one that was taken back. */
export const PUSHED = 'push'
export const WITHDRAWN = 'withdrawn'

/** The largest payload from another system, in bytes of JSON. */
const PAYLOAD_BYTES = 4_096

/** Tells whether it is composed from a message, with the present text of it. */
export function isOfMessage(event: string): boolean {
  return MESSAGE_EVENTS.has(event)
}

/** The payload of a notification: JSON with an `event`. */
export type Payload = Readonly<Record<string, unknown>>

/** The fault of a payload from another system, in words for its author; undefined: there is none. */
export function payloadFault(payload: Payload): string | undefined {
  if (typeof payload.event === 'string' && OWN_EVENTS.has(payload.event))
    return `payload.event: ${payload.event} is one of Partyline’s own events; choose another name`
  if (Buffer.byteLength(JSON.stringify(payload)) > PAYLOAD_BYTES)
    return `payload: takes at most ${PAYLOAD_BYTES.toLocaleString('en')} bytes of JSON`
  return undefined
}

/** A notification to be added. */
export interface NewNotification {
  /** The `id` of the person who is to get it. */
  readonly user: number
  /** Left out: something that another system pushes. */
  readonly event?: NotificationEvent
  /** The `id` of the room that it is about: people who may not read that room do not get to see it. */
  readonly room?: number
  readonly seq?: number
  /** The `id` of the person who caused it. */
  readonly sender?: number
  /**
   * Its payload, to which `event`, and `room` and `seq` where they are given, are added. Left out for an event of a message.
   */
  readonly payload?: Payload
}

/** A notification as its person gets it. */
export const NotificationFrame = Type.Object(
  {
    type: Type.Literal('notification'),
    id: Type.Integer(),
    payload: Type.Immutable(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'with an event, which says what it is about',
      }),
    ),
    at: Time,
    quiet: Type.Optional(
      Type.Literal(true, {
        description:
          'the person is not to be disturbed now: it is to be shown where they look, and nowhere else',
      }),
    ),
  },
  { title: 'Notification' },
)
export type NotificationFrame = Static<typeof NotificationFrame>
