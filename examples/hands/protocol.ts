import { Type } from 'typebox'
import { compileFrames, FrameId } from '../../src/channels/index.ts'

/** What a client may send. */
export const frames = compileFrames(
  { raise: Type.Object({ on: Type.Boolean(), id: Type.Optional(FrameId) }) },
  'raise',
)
export type RaiseFrame = ReturnType<typeof frames>
