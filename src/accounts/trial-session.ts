import { Signer } from '@fastify/cookie'
import type { Database } from '../storage/index.ts'
import { sessionCookieName } from './installation.ts'
import { installationBot } from './installation-bot.ts'
import { Sessions } from './sessions.ts'

export interface TrialSession {
  /** The value of the header `Cookie` at an address. @param isSecure true over TLS */
  cookie(isSecure: boolean): string
  /** Ends it, everywhere. */
  end(): Promise<void>
}

/**
 * Begins a session of the installation's bot, by which a check looks whether a server knows the sessions that it should.
 * @param secrets the server's keys for cookies, the signing one first
 * @returns undefined where there is no such bot: nobody has an account yet, or it was ended
 */
export async function openTrialSession(
  database: Database,
  secrets: readonly string[],
): Promise<TrialSession | undefined> {
  const bot = await installationBot(database)
  if (!bot || bot.deactivated) return undefined
  const sessions = new Sessions(database)
  const { id, secret } = await sessions.begin(bot.id, { device: 'doctor', address: 'shell' }, '')
  const name = await sessionCookieName(database)
  const value = encodeURIComponent(new Signer([...secrets]).sign(secret))
  return {
    cookie: (isSecure) => `${isSecure ? '__Host-' : ''}${name}=${value}`,
    end: () => sessions.end(bot.id, id),
  }
}
