import { Type } from 'typebox'
import { Text } from '../channels/index.ts'
import { Time } from '../web/index.ts'

const Zone = Type.Optional(Type.String())
const Id = Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{0,64}$' }))

export const ScheduledParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f-]{36}$' }) })
/** The entry that was just added or changed. */
export const ScheduledQuery = Type.Object({
  added: Type.Optional(Type.String()),
  changed: Type.Optional(Type.String()),
})

/** Accepts any texts, which the route checks, so that the form can show the fault. Without `at` it asks for the form. */
export const LaterForm = Type.Object({
  message: Type.String(),
  at: Type.Optional(Type.String()),
  zone: Zone,
  id: Id,
  /** The version of the draft that the form began with; the draft is removed when this is scheduled. */
  draft: Type.Optional(Type.String({ maxLength: 36 })),
})

export const LaterBody = Type.Object({ message: Text(4_000), at: Type.String(), zone: Zone, id: Id })
export const ReminderBody = Type.Object({ text: Text(4_000), zone: Zone, id: Id })

/** Accepts any text and time, as `LaterForm` does. */
export const EditForm = Type.Object({ message: Type.String(), at: Type.String() })

/** What is left out stays as it is. */
export const EditBody = Type.Object({
  message: Type.Optional(Text(4_000)),
  text: Type.Optional({ ...Text(4_000), description: 'the same as `message`' }),
  at: Type.Optional(Type.String()),
  zone: Zone,
})

/** A message or reminder that is to come. */
export const ScheduledEntry = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['message', 'reminder']),
  room: Type.String({ description: 'the slug' }),
  text: Type.String(),
  at: Time,
  failure: Type.Optional(Type.String({ description: 'why it could not be sent' })),
})
