import { Type } from 'typebox'
import { compileFrames, FrameId, Text } from '../../src/channels/index.ts'

const option = Type.Integer({ minimum: 0, maximum: 9, description: 'the number of an option, from 0' })
export const frames = compileFrames({ vote: Type.Object({ option, id: Type.Optional(FrameId) }) }, 'vote')
export type VoteFrame = ReturnType<typeof frames>

const poll = { rev: Type.Integer(), counts: Type.Array(Type.Integer()) }
export const sentFrames = { poll: Type.Object({ type: Type.Literal('poll'), ...poll }) }

export const Params = Type.Object({ room: Type.String(), poll: Type.Optional(Type.String()) })
const hours = Type.String({ pattern: '^[1-9]\\d?$' })
export const QuestionForm = Type.Object({ question: Text(200), options: Text(1_000), hours })
export const VoteForm = Type.Object({ option: Type.String({ pattern: '^\\d$' }) })
