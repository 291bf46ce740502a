import { Type } from 'typebox'
import { FileFacts } from '../files/index.ts'
import { Time } from '../web/index.ts'

const Cursor = Type.String({ maxLength: 100 })

/** Accepts any `q`: `readQuery` finds its faults. */
export const SearchQuery = Type.Object(
  {
    q: Type.Optional(Type.String({ description: 'words, phrases and operators' })),
    cursor: Type.Optional(Type.String({ maxLength: 100, description: 'of the answer before' })),
    limit: Type.Optional(
      Type.String({ pattern: '^([1-9]|[1-9][0-9]|100)$', description: 'from 1 to 100; 30 when left out' }),
    ),
  },
  { additionalProperties: false },
)

export const SearchPageQuery = Type.Object({ q: Type.Optional(Type.String()), cursor: Type.Optional(Cursor) })

export const SearchAnswer = Type.Object({
  messages: Type.Array(
    Type.Object({
      room: Type.String({ description: 'the slug' }),
      seq: Type.Integer({ description: 'its number in the room' }),
      sender: Type.String({ description: 'a username' }),
      message: Type.String(),
      at: Time,
      files: Type.Optional(Type.Array(FileFacts)),
    }),
  ),
  more: Type.Boolean({ description: 'there may be more: ask again with the cursor' }),
  cursor: Type.Optional(Type.String({ description: 'where to continue, if there may be more' })),
})
