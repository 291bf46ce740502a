import { join } from 'node:path'
import session from '@fastify/session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { repeat } from '../repeat.ts'
import { isLogged } from '../storage/index.ts'
import type { OwnCookie, SignedCookie } from '../web/index.ts'
import { EndedJournal } from './ended-journal.ts'
import { SESSION_LIFE } from './session-rows.ts'
import { sessionStore } from './session-store.ts'
import { publicId, Sessions } from './sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly sessions: Sessions
    clearSessionCookie(reply: FastifyReply): void
  }
}

/** The layer's group on which processes tell each other which sessions ended. */
const GROUP = 'sessions'

/** Milliseconds between two questions to the database which sessions ended, in case the layer lost one. */
export const LOOK_INTERVAL = 1_000
/** Sessions with open sockets that one look asks about; where there are more, the next look asks about the others. */
const ASKED_AT_ONCE = 5_000

/** Milliseconds between two times that sessions with open sockets are marked as used. */
const TOUCH_INTERVAL = 10 * 60 * 1_000

/** Milliseconds between two times that sessions which expired long ago are deleted. */
const SWEEP_INTERVAL = 10 * 60 * 1_000

export interface SessionPluginOptions {
  readonly cookie: OwnCookie
  /** The folder in which ends of sessions are noted that the database does not take. */
  readonly directory: string
}

/** Gives every request `request.identity` by its cookie, and closes the sockets of a session that ends anywhere. */
export const sessionPlugin = fp(async (app: FastifyInstance, options: SessionPluginOptions) => {
  const { cookie, directory } = options
  const journal = new EndedJournal(join(directory, 'ended-sessions'))
  const sessions = new Sessions(app.database, { onEnd: closeSockets, onSettled: tellOthers, onLost, journal })
  app.decorate('sessions', sessions)
  app.decorate('clearSessionCookie', (reply) => cookie.clear(reply))
  await sessions
    .readJournal()
    .catch((error) => app.log.warn({ err: error }, 'there is no space to note ended sessions'))

  // `@fastify/session` knows one cookie by one name: under it, it is shown the one that is good, whichever the browser sent.
  const outdated = new WeakSet<FastifyRequest>()
  app.addHook('onRequest', async (request) => {
    const found = request.cookieless ? undefined : await chooseCookie(request)
    delete request.cookies[cookie.name]
    if (!found) return
    request.cookies[cookie.name] = app.signCookie(found.value)
    if (found.outdated) outdated.add(request)
  })

  await app.register(session, {
    secret: { sign: (value) => app.signCookie(value), unsign: (value) => app.unsignCookie(value) },
    store: sessionStore(sessions),
    cookieName: cookie.name,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: SESSION_LIFE },
    saveUninitialized: false,
    rolling: false,
  })

  app.addHook('onRequest', async (request, reply) => {
    const { user, csrf, seenAt = '', sessionId } = request.session
    // The plugin would clear a cookie whose session it does not know, which may be another program's.
    delete request.cookies[cookie.name]
    if (!user) return
    const id = publicId(sessionId)
    request.identity = { session: { id }, user }
    request.csrfSecret = csrf
    // An upgrade's answer sets no cookie.
    if (request.ws) return
    const touched = sessions.isStale({ seenAt }) && (await touch(id, request))
    if (touched || outdated.has(request)) cookie.give(reply, sessionId, SESSION_LIFE / 1000)
  })

  app.addHook('onSend', async (_request, reply) => cookie.rename(reply))

  /**
   * Chooses the first cookie whose session has not ended. There may be several, such as one that another program has set.
   */
  async function chooseCookie(request: FastifyRequest): Promise<SignedCookie | undefined> {
    const [likeliest, ...others] = cookie.read(request)
    if (!likeliest || others.length === 0) return likeliest
    for (const candidate of [likeliest, ...others])
      if (await sessions.find(publicId(candidate.value))) return candidate
    return undefined
  }

  async function touch(id: string, request: FastifyRequest): Promise<boolean> {
    try {
      await sessions.touch([id])
      return true
    } catch (error) {
      // Reading goes on while nothing can be stored; the next request tries again to mark the session as used.
      if (!isLogged(error)) request.log.warn({ err: error }, 'a session could not be marked as used')
      return false
    }
  }

  const channel = app.channelLayer.newChannel((event) => {
    if (!Array.isArray(event.sessions)) return true
    if (event.stored === false) sessions.refuse(event.sessions)
    closeSockets(event.sessions)
    return true
  })
  await app.channelLayer.groupAdd(GROUP, channel)
  const storeEnds = repeat(LOOK_INTERVAL, complain, async () => {
    // The log has it from the time when they ended.
    await sessions.storeEnds().catch(() => {})
  })
  let asked = 0
  const lookForEnds = repeat(LOOK_INTERVAL, complain, async () => {
    const open = app.sockets.sessions()
    if (open.length === 0) return
    closeSockets(await sessions.ended())
    // A tombstone tells of a session that ended. One whose row is gone has to be asked for by name.
    const start = asked < open.length ? asked : 0
    asked = start + ASKED_AT_ONCE
    closeSockets(await sessions.missing(open.slice(start, asked)))
  })
  const touchOpenSessions = repeat(TOUCH_INTERVAL, complain, () => sessions.touch(app.sockets.sessions()))
  app.jobs.every('sweep-sessions', SWEEP_INTERVAL, async () => {
    if (await sessions.sweep()) return { again: 0 }
  })
  app.addHook('onClose', async () => {
    // Not waited for: a database that hangs would keep the server.
    for (const work of [storeEnds, lookForEnds, touchOpenSessions]) void work.stop()
  })

  function complain(error: unknown): void {
    if (!isLogged(error)) app.log.warn({ err: error }, 'sessions could not be maintained')
  }

  function tellOthers(ended: readonly string[], stored: boolean): void {
    if (!stored) app.log.error('the database takes no writes: sessions that end are noted until it does')
    app.channelLayer
      .groupSend(GROUP, { type: 'session.ended', sessions: ended, stored })
      .catch((error) =>
        app.log.warn(
          { err: error },
          'other processes were not told of an ended session; they will find out themselves',
        ),
      )
  }

  function onLost(error: unknown): void {
    app.log.error({ err: error }, 'ended sessions could not be noted: they are lost if this process stops')
  }

  function closeSockets(ended: readonly string[]): void {
    for (const id of ended) app.sockets.endSession(id)
  }
})
