import session from '@fastify/session'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { publicId, SESSION_LIFE, Sessions } from './sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly sessions: Sessions
  }
}

/** The layer's group on which processes tell each other which sessions ended. */
const GROUP = 'sessions'
export const SESSION_COOKIE = 'session'
const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto' } as const

/** How often the database is asked which sessions ended, should the layer have lost it; milliseconds. */
export const LOOK_INTERVAL = 1_000
/** Sessions with open sockets that one look asks about; where there are more, the next look asks about the others. */
const ASKED_AT_ONCE = 5_000

/** How often sessions with open sockets are said to be in use, and old ones forgotten; milliseconds. */
const UPKEEP_INTERVAL = 10 * 60 * 1_000

/** Gives every request its session and `request.identity`, and closes the sockets of a session that ends anywhere. */
export const sessionPlugin = fp(async (app: FastifyInstance, { secrets }: { secrets: string[] }) => {
  const sessions = new Sessions(app.database, tellOthers)
  app.decorate('sessions', sessions)

  // A cookie signed with an older key goes on with the first one. `@fastify/session` would take it for another session's,
  // and away. With a single key there is no older one.
  const rotated = secrets.length > 1
  app.addHook('onRequest', async (request, reply) => {
    if (!rotated) return
    const { valid, renew, value } = request.unsignCookie(request.cookies[SESSION_COOKIE] ?? '')
    if (!valid || !renew) return
    const renewed = app.signCookie(value)
    request.cookies[SESSION_COOKIE] = renewed
    giveCookie(reply, renewed)
  })

  await app.register(session, {
    secret: secrets,
    store: sessions.store,
    cookieName: SESSION_COOKIE,
    cookie: { ...cookie, maxAge: SESSION_LIFE },
    saveUninitialized: false,
    rolling: false,
  })

  app.addHook('onRequest', async (request, reply) => {
    const { user, sessionId, encryptedSessionId } = request.session
    if (!user) return
    const id = publicId(sessionId)
    request.identity = { session: { id }, user }
    if (request.ws || !sessions.isStale(request.session)) return
    try {
      await sessions.touch([id])
      giveCookie(reply, encryptedSessionId)
    } catch (error) {
      // Whoever only reads can, on a disk that takes nothing more; the next request says again that the session is in use.
      request.log.warn({ err: error }, 'a session could not be said to be in use')
    }
  })

  const channel = app.channelLayer.newChannel((event) => {
    if (Array.isArray(event.sessions)) closeSockets(event.sessions)
    return true
  })
  await app.channelLayer.groupAdd(GROUP, channel)
  let asked = 0
  const look = every(LOOK_INTERVAL, async () => {
    const open = app.sockets.sessions()
    if (open.length === 0) return
    closeSockets(await sessions.ended())
    // A tombstone tells of a session that ended. One whose row is gone has to be asked for by name.
    const start = asked < open.length ? asked : 0
    asked = start + ASKED_AT_ONCE
    closeSockets(await sessions.missing(open.slice(start, asked)))
  })
  const upkeep = every(UPKEEP_INTERVAL, async () => {
    await sessions.touch(app.sockets.sessions())
    await sessions.sweep()
  })
  app.addHook('onClose', async () => {
    clearInterval(look)
    clearInterval(upkeep)
  })

  function giveCookie(reply: FastifyReply, signed: string): void {
    reply.setCookie(SESSION_COOKIE, signed, { ...cookie, maxAge: SESSION_LIFE / 1000 })
  }

  function tellOthers(ended: readonly string[]): void {
    closeSockets(ended)
    app.channelLayer
      .groupSend(GROUP, { type: 'session.ended', sessions: ended })
      .catch((error) =>
        app.log.warn({ err: error }, 'other processes were not told of an ended session; they will look'),
      )
  }

  function closeSockets(ended: readonly string[]): void {
    for (const id of ended) app.sockets.endSession(id)
  }

  /** One after another: a database that is slow is not asked more and more. */
  function every(interval: number, work: () => Promise<void>): NodeJS.Timeout {
    let busy = false
    const attempt = async () => {
      if (busy) return
      busy = true
      await work().catch((error) => app.log.warn({ err: error }, 'sessions could not be looked after'))
      busy = false
    }
    return setInterval(attempt, interval).unref()
  }
})
