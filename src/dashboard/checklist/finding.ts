/** The points that are checked, in this order. */
export const POINTS = [
  'path',
  'server',
  'database',
  'Redis',
  'origin',
  'session',
  'format',
  'disk',
  'clock',
] as const
export type Point = (typeof POINTS)[number]

/** The result of one check. */
export interface Finding {
  /** `skipped`: it could not be looked at, or there is nothing to look at. */
  readonly state: 'ok' | 'wrong' | 'skipped'
  /** The observation, as a sentence without a full stop. */
  readonly found: string
  /** Advice for a point that failed. */
  readonly advice?: string
}

export type Findings = ReadonlyMap<Point, Finding>

export function ok(found: string): Finding {
  return { state: 'ok', found }
}

export function wrong(found: string, advice: string): Finding {
  return { state: 'wrong', found, advice }
}

export function skipped(found: string): Finding {
  return { state: 'skipped', found }
}

/** Characters of a message for the operators of a server. */
const LONGEST = 100

/** Why something failed, in short: the innermost reason, such as `ECONNREFUSED`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const message = error.message.trim()
  if (!('code' in error) || typeof error.code !== 'string') return message || error.name
  if (message.includes(error.code)) return message
  // The messages of TLS are long, and about its insides.
  return message === '' || message.length > LONGEST ? error.code : `${error.code}: ${message}`
}
