import { type Static, Type } from 'typebox'

/** Characters of a draft: those of a message. What is longer stays on its device. */
const LENGTH = 4_000

const Version = Type.String({ pattern: '^[0-9a-f-]{36}$' })
const Seq = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

/** A device's version of the draft of a room. */
export const DraftBody = Type.Object({
  message: Type.String({ maxLength: LENGTH, description: 'empty: there is no draft any more' }),
  reply: Type.Optional(Type.Integer({ ...Seq, description: 'the `seq` of the message that it answers' })),
  base: Type.Optional(
    Type.String({
      ...Version,
      description: 'the `version` that this device wrote it from; left out: it knew of none',
    }),
  ),
})

/** A draft as it is now. */
export const Draft = Type.Object({
  message: Type.String({ description: 'empty: there is none' }),
  reply: Type.Optional(Type.Integer()),
  version: Type.Optional(Type.String({ description: 'left out where there is none, and never was one' })),
})
export type Draft = Static<typeof Draft>

/** The stored draft. With `conflict`, the sent one was not stored, and this is that of another device. */
export const StoredDraft = Type.Object({ ...Draft.properties, conflict: Type.Boolean() })
export type StoredDraft = Static<typeof StoredDraft>

/** A device of the same person has written or sent something. */
export const DraftFrame = Type.Object({
  type: Type.Literal('draft'),
  room: Type.String({ description: 'the slug' }),
  ...Draft.properties,
})
export type DraftFrame = Static<typeof DraftFrame>
