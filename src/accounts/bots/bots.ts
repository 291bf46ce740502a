import type { Transaction } from 'kysely'
import { type Actor, recordAudit } from '../../audit/index.ts'
import type { ClientScope } from '../../channels/index.ts'
import { type Database, inTransaction, type Tables } from '../../storage/index.ts'
import { addAccount } from '../added-users.ts'
import { displayName } from '../display-names.ts'
import { insertKey, type NewApiKey } from '../keys/api-keys.ts'
import { canonicalName } from '../names.ts'
import type { User, WithAccount } from '../users.ts'

/** The scopes of a bot's key, in the rooms that it is in. */
const SCOPES: readonly ClientScope[] = ['read', 'write', 'sheets']

/** Bots that a list has at most. */
const LISTED = 200

export interface Bot {
  readonly name: string
  readonly displayName: string | null
  readonly createdAt: string
  /** When its key was last used, to a minute; null: never. */
  readonly lastUsedAt: string | null
}

/** Makes a bot. @param name as `addProgram` takes it @throws NameRefused */
export function addBot(database: Database, name: string, by: Actor): Promise<User> {
  return addProgram(database, name, 'bot', (transaction, person) =>
    recordAudit(transaction, { action: 'bot.add', by, person }),
  )
}

/**
 * Makes an account for a program.
 * @param name a username, or what it is called, from which the username is made
 * @param withAccount what else is stored with it
 * @throws NameRefused
 */
export async function addProgram(
  database: Database,
  name: string,
  kind: 'bot' | 'hook',
  withAccount?: WithAccount,
): Promise<User> {
  const user = await addAccount(database, name, async (transaction, id) => {
    await transaction.updateTable('users').set({ account_kind: kind }).where('id', '=', id).execute()
    await withAccount?.(transaction, id)
  })
  return { ...user, bot: true }
}

/**
 * Notes who made the hook that speaks under an account, and for which room: those who have blocked that person are spared it, too,
 * and those who may not read the room are told nothing of it.
 */
export async function setMaker(
  transaction: Transaction<Tables>,
  account: number,
  { room, user }: { readonly room: number; readonly user: number },
): Promise<void> {
  await transaction
    .updateTable('users')
    .set({ made_by: user, made_in: room })
    .where('id', '=', account)
    .execute()
}

/** Finds the account of a program by its username or by what it is called. */
export async function findProgram(
  database: Database,
  name: string,
  kind: 'bot' | 'hook',
): Promise<Pick<User, 'id' | 'name' | 'displayName'> | undefined> {
  // No name contains it, and PostgreSQL takes it in no text.
  if (name.includes('\0')) return undefined
  return database
    .selectFrom('users')
    .select(['id', 'name', 'display_name as displayName'])
    .where('account_kind', '=', kind)
    .where(({ eb, or }) =>
      or([eb('name', '=', canonicalName(name)), eb('display_name', '=', displayName(name))]),
    )
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Gives a bot a key, and takes those that it had. */
export async function renewKey(
  database: Database,
  endAll: (user: number) => Promise<void>,
  { id, name }: Pick<User, 'id' | 'name'>,
  by: Actor,
): Promise<NewApiKey> {
  await endAll(id)
  return inTransaction(database, async (transaction) => {
    await recordAudit(transaction, { action: 'bot.key', by, person: id })
    return insertKey(transaction, id, name, SCOPES, by.address)
  })
}

/** The bots that are in use, by name. */
export async function listBots(database: Database): Promise<Bot[]> {
  const rows = await database
    .selectFrom('users')
    .leftJoin('sessions', (join) =>
      join
        .onRef('sessions.user_id', '=', 'users.id')
        .on('sessions.scopes', 'is not', null)
        .on('sessions.ended_at', 'is', null),
    )
    .select([
      'users.name',
      'users.display_name',
      'users.created_at',
      'sessions.created_at as madeAt',
      'last_seen_at',
    ])
    .where('account_kind', '=', 'bot')
    .where('deactivated_at', 'is', null)
    .orderBy('users.name')
    .limit(LISTED)
    .execute()
  return rows.map(({ name, display_name, created_at, madeAt, last_seen_at }) => ({
    name,
    displayName: display_name,
    createdAt: created_at,
    lastUsedAt: last_seen_at === madeAt ? null : last_seen_at,
  }))
}
