import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import { publicId, type Sessions } from './sessions.ts'

/**
 * The store that `@fastify/session` works on. It stores no session of a visitor, and that of a person once, when they sign in: a
 * request that was under way when a session ended cannot bring it back.
 */
export function sessionStore(sessions: Sessions): SessionStore {
  return {
    get(secret, callback) {
      sessions.find(publicId(secret)).then(
        // The plugin adds the session's cookie itself.
        (session) => callback(null, session as Session | null),
        (error) => callback(error),
      )
    },
    set(secret, { user, csrf, device = '', address = '' }, callback) {
      const place = { device, address }
      const stored = user ? sessions.begin(user.id, place, csrf ?? '', secret) : Promise.resolve()
      settle(stored, callback)
    },
    destroy(secret, callback) {
      settle(sessions.endOwn(publicId(secret)), callback)
    },
  }
}

function settle(work: Promise<unknown>, callback: (error?: unknown) => void): void {
  work.then(
    () => callback(),
    (error) => callback(error),
  )
}
