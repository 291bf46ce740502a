import { repeatOnPostgres } from '../support/on-postgres.ts'

// All that holds of searching on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
await repeatOnPostgres([() => import('./search.test.ts')])
