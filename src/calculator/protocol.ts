import { type Static, Type } from 'typebox'
import { compileFrames, ErrorFrame, FrameId, type FrameOf, Text } from '../channels/index.ts'
import { DraftValue, SharedDraft } from './drafts.ts'
import { LINE_KINDS } from './language/index.ts'
import { Before, EXPRESSION_LENGTH, editFrames, LineText, Seq } from './sheet/edit-frames.ts'
import { InputFrame, ResultFrame } from './sheet/result-frame.ts'

export type { DraftValue } from './drafts.ts'
export type { LineError, ResultFrame } from './sheet/result-frame.ts'
export { EXPRESSION_LENGTH }

export const Expression = Text(EXPRESSION_LENGTH)
const Id = Type.Optional(FrameId)

const frames = {
  ...editFrames,
  evaluate: Type.Object({ expression: Expression, id: Id }),
  preview: Type.Object({
    expression: Expression,
    seq: Type.Optional(Seq),
    before: Type.Optional(Before),
    id: Id,
  }),
  editing: Type.Object({
    seq: Type.Optional(
      Type.Union([Seq, Type.Null()], { description: 'the seq of a line, or null for a new one' }),
    ),
    before: Type.Optional(Before),
    expression: Type.Optional(LineText),
    id: Id,
  }),
}

export type ClientFrame = FrameOf<typeof frames>

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>

/** Checks a client's frame; a frame without a type is an expression to evaluate and store. */
export const checkFrame = compileFrames(frames, 'evaluate')

const Values = Type.Optional(
  Type.Array(DraftValue, {
    description: 'what the values of lines would be',
  }),
)

/** The frames that only sheets send, beside those of every connection to a part of a room. */
export const sentFrames = {
  result: ResultFrame,
  input: InputFrame,
  preview: Type.Object({
    type: Type.Literal('preview'),
    id: Id,
    kind: Type.Optional(Type.Enum(LINE_KINDS)),
    result: Type.Optional(Type.Union([Type.Number(), Type.String()])),
    text: Type.Optional(Type.String()),
    label: Type.Optional(Type.String()),
    rounded: Type.Optional(Type.Boolean()),
    notes: Type.Optional(Type.Array(Type.String())),
    error: Type.Optional(Type.String({ description: 'in place of its value' })),
    position: Type.Optional(Type.Integer({ description: 'the position of the error' })),
    values: Values,
  }),
  editing: Type.Object({
    type: Type.Literal('editing'),
    name: Type.String({ description: 'the username of the person who writes' }),
    seq: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], { description: 'of the line; null: of a new one' }),
    ),
    before: SharedDraft.properties.before,
    expression: Type.Optional(Type.String({ description: 'left out: they have stopped writing' })),
    values: Values,
  }),
  error: Type.Object({
    ...ErrorFrame.properties,
    position: Type.Optional(Type.Integer({ description: 'the position in the expression' })),
    index: Type.Optional(Type.Integer({ description: 'which of several changes it is about, from 0' })),
    seq: Type.Optional(Type.Integer({ description: 'of the line as it is now, for a conflict' })),
    rev: Type.Optional(Type.Integer({ description: 'of the line as it is now, for a conflict' })),
    expression: Type.Optional(Type.String({ description: 'of the line as it is now, for a conflict' })),
    removed: Type.Optional(Type.Literal(true, { description: 'the line no longer exists' })),
  }),
}

/** The form of a browser without JavaScript, which sends empty fields for those that were not filled in. */
export const ExpressionForm = Type.Object({
  expression: Expression,
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
})
export type ExpressionForm = Static<typeof ExpressionForm>

/** With `beside`, the sheet of a room is shown within the page of its talk. */
export const SheetQuery = Type.Object({
  beside: Type.Optional(Type.String()),
  /** The lines after this position: where there is no JavaScript, a long sheet is read page by page. */
  after: Type.Optional(Type.String({ maxLength: 200 })),
  /** The value that was pressed where there is no JavaScript: a new line begins with it. */
  insert: Type.Optional(Type.String({ maxLength: EXPRESSION_LENGTH })),
})

/** A word that the language knows, for completion while one types. */
export interface Word {
  readonly word: string
  readonly kind: 'function' | 'unit' | 'constant'
  /** One line. */
  readonly description: string
}
