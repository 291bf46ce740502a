import { Type } from 'typebox'
import { compileFrames, FrameId } from '../../src/channels/index.ts'

const upTo = (maximum: number) => Type.Integer({ minimum: 0, maximum, description: `0 to ${maximum}` })
/** A disc is the one numbered `move` of its game, so that it is dropped once. `begin` asks for a game after that one. */
const begin = { game: upTo(1e9), id: Type.Optional(FrameId) }
const drop = { ...begin, move: upTo(41), column: upTo(6) }
export const frames = compileFrames({ drop: Type.Object(drop), begin: Type.Object(begin) }, 'drop')
export type Frame = ReturnType<typeof frames>

/** The frames that everyone is sent, in addition to those of every connection to a part of a room. */
const board = { type: Type.Literal('board'), rev: Type.Integer(), game: Type.Integer(), moves: Type.String() }
export const sentFrames = { board: Type.Object({ ...board, players: Type.Array(Type.String()) }) }

const digits = Type.String({ pattern: '^\\d{1,9}$' })
export const Form = Type.Object({ game: digits, move: Type.Optional(digits), column: Type.Optional(digits) })
