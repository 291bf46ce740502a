import { findPerson, migrateAccounts, type Person } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { Database } from '../storage/index.ts'
import { withDatabase } from './with-database.ts'

/** Opens the database of a server for a command about accounts. @throws ConfigError when there is no server's data */
export function withAccounts<Result>(
  work: (database: Database, config: Config) => Promise<Result>,
): Promise<Result> {
  return withDatabase(async (database, config) => {
    await migrateAccounts(database, config.databaseUrl)
    return work(database, config)
  })
}

/** Does something with the account of one person. @returns the exit code: 1 when nobody has this username */
export function withAccountOf(
  name: string,
  work: (database: Database, person: Person) => Promise<number>,
): Promise<number> {
  return withAccounts(async (database) => {
    const person = await findPerson(database, name)
    if (person) return work(database, person)
    console.error(`Nobody here is called ${name}.`)
    return 1
  })
}
