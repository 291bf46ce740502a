import type { Database } from '../storage/index.ts'

/** Days that are looked back, and addresses that are looked at. */
const DAYS = 30
const LOOKED_AT = 1_000

/** The addresses from which administrators have been signed in lately: a ban of one of them shuts out an administrator. */
export async function administratorAddresses(database: Database): Promise<string[]> {
  const since = Temporal.Now.instant()
    .subtract({ hours: 24 * DAYS })
    .toString({ fractionalSecondDigits: 3 })
  const rows = await database
    .selectFrom('users')
    .innerJoin('sessions', 'sessions.user_id', 'users.id')
    .select('address')
    .distinct()
    .where('role', '=', 'administrator')
    .where('deactivated_at', 'is', null)
    .where('scopes', 'is', null)
    .where('last_seen_at', '>', since)
    .limit(LOOKED_AT)
    .execute()
  return rows.map(({ address }) => address)
}
