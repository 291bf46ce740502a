import { Type } from 'typebox'
import { compileFrames, FrameError, FrameId, type FrameOf, wellFormed } from '../../channels/index.ts'
import type { LineChange, SheetCommand } from './commands.ts'

/** Characters of an expression. */
export const EXPRESSION_LENGTH = 1_000

/** Changes of one edit. */
const CHANGES = 500

/** A line of a sheet, which may be blank, though not hold NUL. */
export const LineText = Type.Refine(
  Type.String({
    maxLength: EXPRESSION_LENGTH,
    description: `up to ${EXPRESSION_LENGTH.toLocaleString('en')} characters, on one line and without NUL`,
  }),
  (text) => !/[\0\r\n\u2028\u2029]/.test(text),
  () => 'must be one line',
)

const MOST = Number.MAX_SAFE_INTEGER
export const Seq = Type.Integer({ minimum: 1, maximum: MOST, description: 'the seq of a line' })
const Rev = Type.Integer({ minimum: 0, maximum: MOST, description: 'a rev' })
export const Before = Type.Union([Seq, Type.Null()], {
  description: 'the seq of a line, or null for the end',
})
const Id = Type.Optional(FrameId)
const Name = Type.String({ minLength: 1, maxLength: 64, description: 'a name' })

const changes = {
  insert: Type.Object({ expression: LineText, before: Before, id: Id }),
  set: Type.Object({ seq: Seq, expression: LineText, base: Rev, id: Id }),
  move: Type.Object({ seq: Seq, before: Before, id: Id }),
  remove: Type.Object({ seq: Seq, base: Rev, id: Id }),
}

const checkChange = compileFrames(changes)

/** The frames with which a client edits a sheet. */
export const editFrames = {
  ...changes,
  edit: Type.Object({
    changes: Type.Array(Type.Object({}, { additionalProperties: true }), {
      minItems: 1,
      maxItems: CHANGES,
      description: `1 to ${CHANGES} changes`,
    }),
    id: Id,
  }),
  rename: Type.Object({ from: Name, to: Name, id: Id }),
  undo: Type.Object({ rev: Rev, id: Id }),
  redo: Type.Object({ rev: Rev, id: Id }),
}

export type EditFrame = FrameOf<typeof editFrames>

/**
 * Returns the command that a frame asks for.
 * @throws FrameError `invalid` or `too_long`, with the `index` of the change that cannot be read
 */
export function commandOf(frame: EditFrame): SheetCommand {
  switch (frame.type) {
    case 'edit':
      return { type: 'edit', changes: frame.changes.map(changeAt) }
    case 'undo':
    case 'redo':
      return { type: frame.type, until: frame.rev }
    case 'rename':
      return { type: 'rename', from: wellFormed(frame.from), to: wellFormed(frame.to) }
    default:
      return { type: 'change', change: frame }
  }
}

function changeAt(change: object, index: number): LineChange {
  try {
    return checkChange({ ...change })
  } catch (error) {
    throw error instanceof FrameError ? new FrameError(error.code, error.message, { index }) : error
  }
}
