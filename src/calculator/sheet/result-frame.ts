import { type Static, Type } from 'typebox'
import { Time } from '../../web/index.ts'
import { type ErrorCode, LINE_KINDS } from '../language/index.ts'

const CODES = [
  'syntax',
  'evaluation',
  'limit',
  'timeout',
  'too_long',
  'invalid',
  'internal',
  'cancelled',
] as const satisfies readonly (ErrorCode | 'internal' | 'cancelled')[]

export const LineError = Type.Object({
  code: Type.Enum(CODES),
  message: Type.String(),
  of: Type.Optional(
    Type.String({ description: 'the name that has the error, if the line has it from there' }),
  ),
  position: Type.Optional(Type.Integer({ description: 'the position in the expression, from 0' })),
})
export type LineError = Static<typeof LineError>

const Name = Type.Optional(Type.String({ description: 'the person’s name, if they have one' }))
const Picture = Type.Optional(
  Type.String({ description: 'the version of the person’s picture, if they have one' }),
)

/** A line as everyone gets it. */
export const ResultFrame = Type.Object(
  {
    type: Type.Literal('result'),
    seq: Type.Integer(),
    rev: Type.Integer(),
    until: Type.Integer({
      description: 'the last rev of the edit: until a client has it, it shows nothing of the edit',
    }),
    id: Type.String(),
    sender: Type.String({ description: 'the username of its first author' }),
    sender_name: Name,
    sender_picture: Picture,
    changed_by: Type.Optional(
      Type.String({ description: 'the username of its last author, if it has been rewritten' }),
    ),
    changed_by_name: Name,
    changed_by_picture: Picture,
    position: Type.String({ description: 'lines stand in the order of the code units of this' }),
    at: Time,
    removed: Type.Optional(
      Type.Literal(true, {
        description: 'it is no longer on the sheet, and none of the following fields are present',
      }),
    ),
    expression: Type.Optional(Type.String()),
    kind: Type.Optional(Type.Enum(LINE_KINDS)),
    result: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    text: Type.Optional(Type.String({ description: 'empty for a heading, a comment and a blank line' })),
    error: Type.Optional(LineError),
    label: Type.Optional(Type.String({ description: 'the words before the colon of Rent: 3 * 400' })),
    rounded: Type.Optional(Type.Literal(true, { description: 'the text does not show the whole value' })),
    notes: Type.Optional(
      Type.Immutable(
        Type.Array(Type.String(), {
          description: 'how something ambiguous was understood, in sentences for the person who typed it',
        }),
      ),
    ),
    repeat: Type.Optional(Type.Literal(true, { description: 'the answer to a retry, outside the order' })),
  },
  { title: 'Line' },
)
export type ResultFrame = Static<typeof ResultFrame>

/** A value from outside the sheet, such as the day. */
export const InputFrame = Type.Object(
  {
    type: Type.Literal('input'),
    name: Type.String(),
    text: Type.Optional(Type.String()),
    removed: Type.Optional(
      Type.Literal(true, { description: 'in place of its text: the value no longer exists' }),
    ),
    rev: Type.Integer(),
    until: Type.Integer(),
    at: Time,
  },
  { title: 'Input' },
)
export type InputFrame = Static<typeof InputFrame>
