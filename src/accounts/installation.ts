import type { Database } from '../storage/index.ts'

/** The name of the session cookie: the same in all processes of an installation, and different in every other. */
export async function sessionCookieName(database: Database): Promise<string> {
  const { id } = await database.selectFrom('installation').select('id').executeTakeFirstOrThrow()
  return `partyline-${id}`
}
