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
    Type.String({ description: 'the name that has the error, where the line has it from there' }),
  ),
  position: Type.Optional(
    Type.Integer({ description: 'the character of the expression that it is about, from 0' }),
  ),
})
export type LineError = Static<typeof LineError>

const Name = Type.Optional(Type.String({ description: 'what the person is called, where they have a name' }))

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
    sender: Type.String({ description: 'the username of whoever wrote it first' }),
    sender_name: Name,
    changed_by: Type.Optional(
      Type.String({ description: 'the username of whoever wrote it last, where it was written anew' }),
    ),
    changed_by_name: Name,
    position: Type.String({ description: 'lines stand in the order of the code units of this' }),
    at: Time,
    removed: Type.Optional(
      Type.Literal(true, {
        description: 'it is not on the sheet any more; nothing of what follows is there',
      }),
    ),
    expression: Type.Optional(Type.String()),
    kind: Type.Optional(Type.Enum(LINE_KINDS)),
    result: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    text: Type.Optional(Type.String({ description: 'empty for a heading, a comment and a blank line' })),
    error: Type.Optional(LineError),
    label: Type.Optional(Type.String({ description: 'the words before the colon of Rent: 3 * 400' })),
    rounded: Type.Optional(Type.Literal(true, { description: 'the text is not all of the value' })),
    notes: Type.Optional(
      Type.Immutable(
        Type.Array(Type.String(), {
          description: 'how something ambiguous was read, in sentences for the person who typed it',
        }),
      ),
    ),
    repeat: Type.Optional(
      Type.Literal(true, { description: 'the answer to a retry: stands outside the order' }),
    ),
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
      Type.Literal(true, { description: 'in place of its text: there is no such value any more' }),
    ),
    rev: Type.Integer(),
    until: Type.Integer(),
    at: Time,
  },
  { title: 'Input' },
)
export type InputFrame = Static<typeof InputFrame>
