import { Type } from 'typebox'
import { Time } from '../web/index.ts'
import { HOOK_FAILURES } from './failures.ts'

export const EVENTS = ['message', 'edit', 'delete'] as const

/** The events that a hook can deliver. */
export type EventName = (typeof EVENTS)[number]

const Event = Type.Union(EVENTS.map((event) => Type.Literal(event)))
const Name = Type.String({ minLength: 1, maxLength: 200 })
const Address = Type.String({ minLength: 1, maxLength: 4_000 })

export const HookBody = Type.Union([
  Type.Object({ direction: Type.Literal('in'), name: Name }),
  Type.Object({
    direction: Type.Literal('out'),
    url: Address,
    events: Type.Optional(Type.Array(Event, { minItems: 1, maxItems: EVENTS.length })),
  }),
])

/** A form sends one event as a text and several as a list. */
export const HookForm = Type.Object({
  direction: Type.Union([Type.Literal('in'), Type.Literal('out')]),
  name: Type.Optional(Type.String({ maxLength: 200 })),
  url: Type.Optional(Type.String({ maxLength: 4_000 })),
  event: Type.Optional(Type.Union([Event, Type.Array(Event, { maxItems: EVENTS.length })])),
})

export const HookParams = Type.Object({
  room: Type.String(),
  hook: Type.String({ pattern: '^[^\\u0000]{0,64}$' }),
})
export const IncomingParams = Type.Object({
  hook: Type.String({ maxLength: 200 }),
  secret: Type.String({ maxLength: 200 }),
})

const Delivery = Type.Object({
  at: Time,
  event: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()], { description: 'the seq of the message it was about' }),
  status: Type.Union([Type.Integer(), Type.Null()], {
    description: 'the status of the answer; null: there was none',
  }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'the text of the error' }),
  failure: Type.Union([Type.Enum(HOOK_FAILURES), Type.Null()], {
    description: 'why it failed; null for one that succeeded, and for some that older versions made',
  }),
})

export const HooksAnswer = Type.Object({
  hooks: Type.Array(
    Type.Object({
      id: Type.String(),
      direction: Type.Enum(['in', 'out']),
      name: Type.Optional(Type.String({ description: 'of one that comes in' })),
      username: Type.Optional(Type.String({ description: 'of one that comes in' })),
      url: Type.Optional(Type.String({ description: 'of one that goes out' })),
      events: Type.Optional(Type.Array(Event)),
      created: Time,
      made_by: Type.String({ description: 'a username' }),
      deliveries: Type.Array(Delivery, { description: 'the last 50, newest first' }),
    }),
  ),
})

export const MadeHook = Type.Union([
  Type.Object({ id: Type.String(), url: Type.String({ description: 'shown only once' }) }),
  Type.Object({ id: Type.String(), secret: Type.String({ description: 'shown only once' }) }),
])

/** The body that systems send which speak to Slack, as far as it has an effect here. */
export const IncomingBody = Type.Object({
  text: Type.Optional(Type.String()),
  attachments: Type.Optional(Type.Array(Type.Unknown())),
  blocks: Type.Optional(Type.Array(Type.Unknown())),
})
