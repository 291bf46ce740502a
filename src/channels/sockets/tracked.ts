import type { Scope } from '../consumers/scope.ts'

export interface LastError {
  /** As in the frame that told of it. */
  readonly code: string
  /** As `Date.now()`. */
  readonly at: number
}

/** Details of a connection, for operators of the server. */
export interface Tracked {
  /** Unique among all connections of this process. */
  readonly number: number
  readonly scope: Scope
  /** The name of its consumer in metrics. */
  readonly consumer: string
  /** In seconds, as it takes no memory of its own then. */
  readonly openedAt: number
  readonly framesIn: number
  readonly framesOut: number
  readonly lastError: LastError | undefined
}

let made = 0

export function nextNumber(): number {
  made += 1
  return made
}

export function presentSecond(): number {
  return Math.trunc(Date.now() / 1000)
}
