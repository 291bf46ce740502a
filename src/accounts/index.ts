import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { migrateAudit } from '../audit/index.ts'
import { type Database, migrateFeature } from '../storage/index.ts'
import { csrf, OwnCookie } from '../web/index.ts'
import { type SharedCounts, SignInAttempts, SignUpAttempts, TokenSignIns, WrongKeys } from './attempts.ts'
import { belongings } from './belongings.ts'
import { Blocks } from './blocks/blocks.ts'
import { changedPeople } from './changed-people.ts'
import { accountDeletion } from './deletion/index.ts'
import { sessionCookieName } from './installation.ts'
import { ApiKeys } from './keys/api-keys.ts'
import { keyHolders } from './keys/key-holders.ts'
import { lateBodies } from './late-bodies.ts'
import { migrations } from './migrations/index.ts'
import { ownBelongings } from './own-belongings.ts'
import { PersonBook } from './person-book.ts'
import { routes } from './routes.ts'
import { sessionPlugin } from './session-plugin.ts'
import { SignUpPolicy } from './sign-up-policy.ts'
import { TimeZones } from './time-zones.ts'
import { tokens } from './tokens.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly apiKeys: ApiKeys
    readonly blocks: Blocks
    readonly personBook: PersonBook
    readonly timeZones: TimeZones
  }
}

export interface AccountsOptions {
  /** Keys for tokens; the first one signs. */
  readonly secrets: string[]
  /** The folder in which ends of sessions are noted that the database does not take. */
  readonly directory: string
  readonly signUp: 'open' | 'closed'
  /** Tries to make an account, an hour from one address; 0: no limit. */
  readonly signUpsPerAddress: number
  /** The zone of those who have not said theirs; undefined: that of the machine. */
  readonly timeZone: string | undefined
  /** Opens the counters that processes share; undefined where there is one process. */
  readonly openCounts?: (() => Promise<SharedCounts>) | undefined
}

/**
 * Adds accounts: signing up, in and out, sessions, tokens and passwords. Everything registered later knows
 * `request.identity`.
 */
export const accounts = fp(async (app: FastifyInstance, options: AccountsOptions) => {
  await app.migrate('accounts', migrations)
  await app.register(changedPeople)
  await app.register(belongings)
  await app.register(accountDeletion)
  const personBook = new PersonBook(app.database)
  app.changedPeople.listen((person) => personBook.change(person.name, person))
  app.decorate('personBook', personBook)
  app.decorate('blocks', new Blocks(app.database, app.channelLayer, app.log))
  app.decorate('timeZones', new TimeZones(app.database, options.timeZone ?? Temporal.Now.timeZoneId()))
  const counts = await options.openCounts?.()
  app.addHook('onClose', async () => counts?.disconnect())
  // Before the sessions of cookies: a client with a token or a key has none.
  await app.register(tokens, { secrets: options.secrets })
  await app.register(keyHolders, { wrongKeys: new WrongKeys(counts) })
  const name = await sessionCookieName(app.database)
  await app.register(sessionPlugin, {
    cookie: new OwnCookie(app, name, 'session'),
    directory: options.directory,
  })
  await app.register(lateBodies)
  app.decorate('apiKeys', new ApiKeys(app.database, app.sessions))
  app.belongings.add(...ownBelongings(app))
  await app.register(csrf, { cookie: new OwnCookie(app, `${name}-csrf`, '_csrf') })
  app.decorate('signUpPolicy', new SignUpPolicy(app.database, options.signUp))
  await app.register(routes, {
    attempts: new SignInAttempts((name, network) => app.sessions.isFamiliar(name, network), counts),
    signUps: new SignUpAttempts(options.signUpsPerAddress, counts),
    tokenSignIns: new TokenSignIns(counts),
  })
})

/**
 * Brings the tables of accounts, and of the audit log that they write into, up to date where no server does, for commands.
 * @param url of the PostgreSQL, where it is one
 */
export async function migrateAccounts(database: Database, url?: string): Promise<void> {
  await migrateAudit(database, url)
  await migrateFeature(database, 'accounts', migrations, url)
}

export { identityOf, keyOf, requireAdministrator, requireUser } from './access.ts'
export { addUser } from './added-users.ts'
export {
  type AdministeredPerson,
  administeredPeople,
  administeredPerson,
  usernamesOf,
} from './administered-people.ts'
export { administratorAddresses } from './administrator-addresses.ts'
export type { Belonging } from './belongings.ts'
export { type BlocksChanged, blocksGroup } from './blocks/blocks.ts'
export {
  blockedBy,
  blockersAmong,
  blocksOf,
  hasBlocked,
  hasBlockedAll,
  isNotBlocked,
} from './blocks/conditions.ts'
export { BlockedFrame } from './blocks/protocol.ts'
export { addBot, addProgram, findProgram, listBots, renewKey, setMaker } from './bots/bots.ts'
export { displayNameOf, idsOfUsernames, usernameOf } from './columns.ts'
export { MESSAGE_CHOICES } from './deletion/delete-account.ts'
export { deviceName } from './device.ts'
export { FoundPeople, foundPerson } from './found-people.ts'
export { INSTALLATION, installationBot } from './installation-bot.ts'
export { createPasswordLink, LINK_DAYS } from './password-links.ts'
export {
  deactivate,
  displayNamesOf,
  findPerson,
  LastAdministrator,
  type Person,
  type PersonChange,
  personById,
  reactivate,
  setAdministrator,
} from './people.ts'
export { lockPerson } from './person-lock.ts'
export { type ShownStatus, STATUS_COLUMNS, statusOf, statusWords } from './profiles/shown-status.ts'
export { numbersOf, statusesOf } from './profiles/statuses.ts'
export { Sessions } from './sessions.ts'
export { NO_SUCH_ZONE, type TimeZones, zoneNamed } from './time-zones.ts'
export { openTrialSession } from './trial-session.ts'
export { largestUsers, rowSize, Usage, usage } from './usage.ts'
export { NameRefused, setPassword } from './users.ts'
