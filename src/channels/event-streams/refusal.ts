import type { FastifyReply } from 'fastify'
import { CloseCode } from '../sockets/close-codes.ts'

/** Why a connection is refused or ends, as a socket would be closed. */
export interface Refusal {
  /** One of `CloseCode`. */
  readonly code: number
  readonly reason: string
}

interface Answer {
  readonly status: number
  readonly code: string
  /** Seconds after which it makes sense to ask again. */
  readonly retryAfter?: number
}

/** The codes of sockets, as answers to a request. */
const answers: Readonly<Record<number, Answer>> = {
  [CloseCode.signedOut]: { status: 401, code: 'unauthorized' },
  [CloseCode.forbidden]: { status: 403, code: 'forbidden' },
  [CloseCode.notFound]: { status: 404, code: 'not_found' },
  [CloseCode.rateLimited]: { status: 429, code: 'rate_limited', retryAfter: 5 },
  [CloseCode.overloaded]: { status: 429, code: 'rate_limited', retryAfter: 5 },
  [CloseCode.restarting]: { status: 503, code: 'unavailable', retryAfter: 1 },
}

/** Answers a request that gets no events. */
export function refuse(reply: FastifyReply, { code, reason }: Refusal): FastifyReply {
  const {
    status,
    code: name,
    retryAfter,
  } = answers[code] ?? { status: 503, code: 'unavailable', retryAfter: 5 }
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  return reply.code(status).send({ error: sentence(reason, code), code: name })
}

/** The reason of a restart is a number, for machines. */
function sentence(reason: string, code: number): string {
  const text = code === CloseCode.restarting ? 'the server is restarting' : reason
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
