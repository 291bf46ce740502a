import type { FastifyRequest } from 'fastify'
import type { Count } from '../metrics.ts'
import { LimitedLog } from './limited-log.ts'
import { addressOf } from './network.ts'

/** The reason for which an upgrade was refused: the value of the metric's label. */
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
  /** The value that arrived; `accepted` has those that would have been accepted. */
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

/**
 * How many refused handshakes a process remembers for each reason, so that many of one reason do not displace those of
 * another.
 */
const REMEMBERED = 40

/** How many characters of what a client sent are repeated in the log. */
const LONGEST_IN_LOG = 200

/** Counts, logs and remembers refused handshakes, so that operators of the server can see why. */
export class RefusedHandshakes {
  readonly #counter: Count<'reason'>
  readonly #log = new LimitedLog()
  readonly #recent = new Map<RefusalReason, RefusedHandshake[]>()

  constructor(counter: Count<'reason'>) {
    this.#counter = counter
  }

  note(request: FastifyRequest, { reason, error, details }: HandshakeRefusal): void {
    const address = addressOf(request)
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

  /** The handshakes refused most recently, newest first: at most 40 for each reason. */
  recent(): RefusedHandshake[] {
    return [...this.#recent.values()]
      .flatMap((all) => all.toReversed())
      .sort((one, other) => other.at - one.at)
  }
}

/**
 * Match anything that begins as a token or a key does, up to its last possible character. Each place in a text is looked at once,
 * so that even 16 KiB of a client's choosing are read in linear time.
 */
const TOKENS = /eyJ[\w.-]*/g
const KEYS = /pl_[\w-]+/g

/** Returns text from a client in a form that is safe to log: it can contain anything, such as a token in the wrong place. */
export function forLog(text: string): string
export function forLog(text: string | undefined): string | undefined
export function forLog(text: string | undefined): string | undefined {
  return text
    ?.replace(TOKENS, (found) => (found.split('.').length > 2 ? '…' : found))
    .replace(KEYS, '…')
    .slice(0, LONGEST_IN_LOG)
}

/** An address that is not a socket's may contain a code that lets in whoever has it: anything that could be one is left out. */
function pathForLog({ url, routeOptions, is404 }: FastifyRequest): string {
  if (routeOptions.url !== undefined && !is404) return routeOptions.url
  const path = url.replace(/[?#].*$/s, '')
  return forLog(path.replace(/[\w-]{24,}/g, (found) => (/[A-Z0-9]/.test(found) ? '…' : found)))
}
