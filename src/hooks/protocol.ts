import { Type } from 'typebox'

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

export const HookParams = Type.Object({ room: Type.String(), hook: Type.String({ maxLength: 64 }) })
export const IncomingParams = Type.Object({
  hook: Type.String({ maxLength: 200 }),
  secret: Type.String({ maxLength: 200 }),
})
