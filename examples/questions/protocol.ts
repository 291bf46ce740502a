import { Type } from 'typebox'
import { compileFrames, FrameId, Text } from '../../src/channels/index.ts'

const seq = Type.Integer({ minimum: 1, maximum: 1e9, description: 'the number of a question' })
const ask = Type.Object({ text: Text(300), id: FrameId })
const vote = Type.Object({ seq, on: Type.Boolean(), id: Type.Optional(FrameId) })
export const frames = compileFrames({ ask, vote }, 'ask')
export type Frame = ReturnType<typeof frames>

/** The frames that everyone is sent, in addition to those of every connection to a part of a room. */
const question = { rev: Type.Integer(), seq, text: Type.String(), by: Type.String(), votes: Type.Integer() }
export const sentFrames = { question: Type.Object({ type: Type.Literal('question'), ...question }) }

/** A question or a vote as a form sends it: its fields are checked as those of a frame. */
export const Form = Type.Record(Type.String(), Type.String())
