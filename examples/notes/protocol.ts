import { Type } from 'typebox'
import { compileFrames, FrameId, wellFormed } from '../../src/channels/index.ts'

/** The fields that the notes of a room have, by their `seq` from 1. */
export const FIELDS = ['Agenda', 'Decisions', 'Tasks']

const seq = Type.Integer({ minimum: 1, maximum: FIELDS.length, description: `1 to ${FIELDS.length}` })
const text = Type.String({
  maxLength: 5_000,
  pattern: '^[^\\0]*$',
  description: '5,000 characters without NUL',
})
const id = Type.Optional(FrameId)
export const frames = compileFrames({ write: Type.Object({ seq, text, id }) }, 'write')
export type Write = ReturnType<typeof frames>
/** Tells which field a person edits, none without `seq`. To be sent again within 10 seconds. */
export const editFrames = compileFrames({ edit: Type.Object({ seq: Type.Optional(seq), id }) }, 'edit')
export type Edit = ReturnType<typeof editFrames>

/** A text as it is stored: forms end lines in a way of their own. */
export const textOf = (text: string) => wellFormed(text.replaceAll('\r\n', '\n'))

const field = { rev: Type.Integer(), seq, text, by: Type.String() }
export const sentFrames = { field: Type.Object({ type: Type.Literal('field'), ...field }) }
export const Form = Type.Object({ seq: Type.String(), text: Type.String() })
