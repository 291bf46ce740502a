import { Type } from 'typebox'
import { compileFrames, FrameId } from '../../src/channels/index.ts'

/** The frames that a client may send. */
export const frames = compileFrames(
  { raise: Type.Object({ on: Type.Boolean(), id: Type.Optional(FrameId) }) },
  'raise',
)
/** The frames that everyone is sent, in addition to those of every connection to a part of a room. */
export const sentFrames = {
  hands: Type.Object({ type: Type.Literal('hands'), rev: Type.Integer(), count: Type.Integer() }),
}
export type RaiseFrame = ReturnType<typeof frames>
