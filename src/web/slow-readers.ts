import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { addressOf, type Spender, spenderOf } from '../channels/index.ts'
import { TooManyRequests } from './errors.ts'

/** Milliseconds after which a peer that takes nothing of its answer is closed. */
const PATIENCE = 30_000

/** Bytes of answers that one person, or the visitors of one network, may leave unread at a time. */
const UNREAD = 8 * 1024 * 1024

/** Milliseconds after which a client should ask again. */
const RETRY_AFTER = 5_000

export interface SlowReadersOptions {
  /** For tests: in place of `PATIENCE`. */
  readonly patience?: number
}

/**
 * Bounds the memory that HTTP answers take up while their clients do not read them. Answers of routes with `always` take
 * none of their own. Sockets have bounds of their own.
 */
export const slowReaders = fp(
  async (app: FastifyInstance, { patience = PATIENCE }: SlowReadersOptions = {}) => {
    const unread = new Map<Spender, number>()

    app.addHook('onSend', async (request, reply, payload) => {
      if (request.ws) return payload
      // Counted from the last byte that was taken. When all is sent, Node sets its own time-out for the next request.
      reply.raw.setTimeout(patience, () => reply.raw.destroy())
      const bytes = request.routeOptions.config.always ? 0 : sizeOf(payload)
      if (bytes === 0) return payload
      const reader = spenderOf(request.identity, addressOf(request))
      const before = unread.get(reader) ?? 0
      if (before > 0 && before + bytes > UNREAD) throw tooMuchUnread()
      unread.set(reader, before + bytes)
      reply.raw.once('close', () => {
        const left = (unread.get(reader) ?? 0) - bytes
        if (left > 0) unread.set(reader, left)
        else unread.delete(reader)
      })
      return payload
    })
  },
)

function sizeOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload)
  return Buffer.isBuffer(payload) ? payload.length : 0
}

function tooMuchUnread(): TooManyRequests {
  return new TooManyRequests(
    'Too much at once',
    'Read the answers that you are still receiving, then ask again.',
    RETRY_AFTER,
  )
}
