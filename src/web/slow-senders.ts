import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True if what is sent here may be large, and so take longer than half a minute. */
    readonly takesLong?: boolean
  }
}

export interface SlowSendersOptions {
  /** For tests: in place of `WINDOW`, in milliseconds. */
  readonly window?: number
}

/** Milliseconds that a body may take; a long one, between two looks at how far it has come. */
const WINDOW = 30_000
/** Bytes of a long body that come between two looks at least: a tenth of what the slowest telephones manage. */
const LEAST = 16 * 1024
/** Milliseconds for which more is read of what was answered already, so that a client that goes on sending sees the answer. */
const AFTER_ANSWER = 5_000
/** Looks at a long body, after which it has to be there. */
const LOOKS = 120

const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/**
 * Closes connections on which a request does not come to its end. Node's own limit (`requestTimeout`) is the same for all routes, and
 * would end a large file on a slow line.
 */
export const slowSenders = fp(async (app: FastifyInstance, { window = WINDOW }: SlowSendersOptions = {}) => {
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request
    if (request.ws || raw.complete || !hasBody(raw.headers)) return
    const { takesLong = false } = request.routeOptions.config
    let looks = 0
    let unread: NodeJS.Timeout | undefined
    const { socket } = raw
    let before = socket.bytesRead
    const timer = setInterval(() => {
      const now = socket.bytesRead
      looks += 1
      if (takesLong && now - before >= LEAST && looks < LOOKS) {
        before = now
        return
      }
      end(socket, reply.raw.headersSent)
    }, window)
    const answered = () => {
      if (!raw.complete) unread = setTimeout(() => socket.destroy(), Math.min(AFTER_ANSWER, window))
    }
    const over = () => {
      clearInterval(timer)
      clearTimeout(unread)
      socket.off('close', over)
    }
    reply.raw.once('finish', answered)
    raw.once('end', over)
    raw.once('close', over)
    // A request that was answered before all of it came is told nothing of the end of its connection.
    socket.once('close', over)
  })
})

function hasBody({
  'content-length': length = '0',
  'transfer-encoding': encoding,
}: {
  readonly 'content-length'?: string | undefined
  readonly 'transfer-encoding'?: string | undefined
}): boolean {
  return length !== '0' || encoding !== undefined
}

function end(socket: Socket, isAnswered: boolean): void {
  if (!isAnswered && socket.writable) socket.write(TIMED_OUT)
  socket.destroySoon()
}
