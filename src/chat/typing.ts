import type { FastifyInstance } from 'fastify'
import type { LiveChanged, LiveState } from '../channels/index.ts'

/** Sent to those in a room when people began and stopped typing, gathered. */
export type TypingChanged = LiveChanged<'typing'>

/** Milliseconds for which a room's typing is gathered: nobody is told more than four times a second. */
const GATHER = 250
/** Milliseconds after which somebody who says no more of it has stopped. */
const LASTING = 5_000
/** People of one process who are shown to type in a room at a time. */
const TYPISTS = 500

export interface TypingFrame {
  readonly type: 'typing'
  readonly sender: string
  readonly on: boolean
}

/** Opens the state of who is typing, in all processes: a person is as long as one of their connections is. */
export function openTyping(app: FastifyInstance): LiveState {
  return app.liveState({ name: 'typing', gather: GATHER, lasts: LASTING, keys: TYPISTS })
}

const frames = new WeakMap<TypingChanged, readonly TypingFrame[]>()

/** The frames that tell of a change; the same ones for everyone, so that each is encoded once. */
export function typingFrames(event: TypingChanged): readonly TypingFrame[] {
  const known = frames.get(event) ?? [
    ...Object.keys(event.set).map((sender) => typingFrame(sender, true)),
    ...event.gone.map((sender) => typingFrame(sender, false)),
  ]
  frames.set(event, known)
  return known
}

export function typingFrame(sender: string, on: boolean): TypingFrame {
  return { type: 'typing', sender, on }
}
