import type { FastifyRequest } from 'fastify'
import type { Count } from '../metrics.ts'
import { LimitedLog } from './limited-log.ts'

/** What an upgrade was refused for: the value of the metric's label. */
export type RefusalReason =
  | 'version'
  | 'key'
  | 'upgrade'
  | 'origin'
  | 'host'
  | 'path'
  | 'session'
  | 'scope'
  | 'connections'
  | 'opening'
  | 'overload'

/** Why an upgrade is refused. */
export interface HandshakeRefusal {
  readonly reason: RefusalReason
  /** One line for a person. */
  readonly error: string
  /** Says what came, and as `accepted` what would have been accepted. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A handshake that was refused in this process. */
export interface RefusedHandshake extends HandshakeRefusal {
  /** As `Date.now()`. */
  readonly at: number
  readonly address: string
  readonly userAgent: string
  readonly path: string
}

/** Refused handshakes of each reason that a process remembers: many of one do not take the place of what came of another. */
const REMEMBERED = 40

/** Characters of what a client wrote that a log repeats. */
const LONGEST_IN_LOG = 200

/** Counts, logs and remembers the handshakes that are refused, so that whoever runs the server can see why. */
export class RefusedHandshakes {
  readonly #counter: Count<'reason'>
  readonly #log = new LimitedLog()
  readonly #recent = new Map<RefusalReason, RefusedHandshake[]>()

  constructor(counter: Count<'reason'>) {
    this.#counter = counter
  }

  note(request: FastifyRequest, { reason, error, details }: HandshakeRefusal): void {
    const address = request.ip
    const path = pathForLog(request)
    this.#counter.inc({ reason })
    const userAgent = forLog(request.headers['user-agent'] ?? '')
    const recent = this.#recent.get(reason) ?? []
    this.#recent.set(reason, recent)
    recent.push({ at: Date.now(), address, userAgent, path, reason, error, details })
    if (recent.length > REMEMBERED) recent.shift()
    this.#log.warn(
      reason,
      request.log,
      { reason, address, path, ...details },
      `a socket was refused: ${error}`,
    )
  }

  /** The handshakes that were refused last, the newest first: at most 40 of each reason. */
  recent(): RefusedHandshake[] {
    return [...this.#recent.values()]
      .flatMap((all) => all.toReversed())
      .sort((one, other) => other.at - one.at)
  }
}

/**
 * What begins as a token does, and all that could belong to it. No text makes these two expressions begin the same work again: a
 * client may send 16 KiB of anything.
 */
const TOKENS = /eyJ[\w.-]*/g
const KEYS = /pl_[\w-]+/g

/** Returns a text of a client as it may stand in a log: anyone may write anything into it, such as a token that belongs elsewhere. */
export function forLog(text: string): string
export function forLog(text: string | undefined): string | undefined
export function forLog(text: string | undefined): string | undefined {
  return text
    ?.replace(TOKENS, (found) => (found.split('.').length > 2 ? '…' : found))
    .replace(KEYS, '…')
    .slice(0, LONGEST_IN_LOG)
}

/** Codes that let in whoever has them may stand in an address that is no socket's: it is cut short where it could hold one. */
function pathForLog({ url, routeOptions, is404 }: FastifyRequest): string {
  if (routeOptions.url !== undefined && !is404) return routeOptions.url
  const path = url.replace(/[?#].*$/s, '')
  return forLog(path.replace(/[\w-]{24,}/g, (found) => (/[A-Z0-9]/.test(found) ? '…' : found)))
}
