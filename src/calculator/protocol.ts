import { type Static, Type } from 'typebox'
import { compileFrames, FrameId, type FrameOf, Text } from '../channels/index.ts'
import { Before, EXPRESSION_LENGTH, editFrames, LineText, Seq } from './sheet/edit-frames.ts'

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

/** Checks what a client says; a frame without a type is to be evaluated and kept. */
export const checkFrame = compileFrames(frames, 'evaluate')

/** As a browser without JavaScript sends it: an empty field for what was not filled in. */
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
})

/** A word that the language knows, for completion while one types. */
export interface Word {
  readonly word: string
  readonly kind: 'function' | 'unit' | 'constant'
  /** One line. */
  readonly description: string
}
