import { type Static, Type } from 'typebox'
import { compileFrames, FrameId, type FrameOf, Text } from '../channels/index.ts'
import type { LineKind } from './language/index.ts'

/** Characters of an expression. */
export const EXPRESSION_LENGTH = 1_000

const Expression = Text(EXPRESSION_LENGTH)

const frames = {
  evaluate: Type.Object({ expression: Expression, id: Type.Optional(FrameId) }),
  preview: Type.Object({ expression: Expression, id: Type.Optional(FrameId) }),
}

export type ClientFrame = FrameOf<typeof frames>

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>

/** Checks what a client says; a frame without a type is to be evaluated and kept. */
export const checkFrame = compileFrames(frames, 'evaluate')

/** A line as everyone gets it. */
export interface ResultFrame {
  readonly type: 'result'
  readonly seq: number
  readonly rev: number
  readonly id: string
  /** The username. */
  readonly sender: string
  /** What the sender is called, where that is not the username. */
  readonly sender_name?: string
  readonly expression: string
  readonly kind: LineKind
  readonly result: number | string
  /** Empty for a heading, a comment and a blank line. */
  readonly text: string
  /** The words before the colon of `Rent: 3 * 400`. */
  readonly label?: string
  /** The text is not all of the value. */
  readonly rounded?: true
  /** How something ambiguous was read, in sentences for the person who typed it. */
  readonly notes?: readonly string[]
  readonly at: string
  /** The answer to a retry: stands outside the order. */
  readonly repeat?: true
}

/** As a browser without JavaScript sends it: an empty field for what was not filled in. */
export const ExpressionForm = Type.Object({
  expression: Expression,
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
})
export type ExpressionForm = Static<typeof ExpressionForm>

/** With `beside`, the sheet of a room is shown within the page of its talk. */
export const SheetQuery = Type.Object({ beside: Type.Optional(Type.String()) })

/** A word that the language knows, for completion while one types. */
export interface Word {
  readonly word: string
  readonly kind: 'function' | 'unit' | 'constant'
  /** One line. */
  readonly description: string
}
