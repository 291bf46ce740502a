import { Type } from 'typebox'
import { compileFrames, FrameId } from '../../src/channels/index.ts'

/** What a client may send. */
export const frames = compileFrames(
  { raise: Type.Object({ on: Type.Boolean(), id: Type.Optional(FrameId) }) },
  'raise',
)
/** What everyone is sent, beside what every connection to a part of a room is. */
export const sentFrames = {
  hands: Type.Object({ type: Type.Literal('hands'), rev: Type.Integer(), count: Type.Integer() }),
}
export type RaiseFrame = ReturnType<typeof frames>
