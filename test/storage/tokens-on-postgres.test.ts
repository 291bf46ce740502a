import { repeatOnPostgres } from '../support/on-postgres.ts'

// All that holds of tokens on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
await repeatOnPostgres([() => import('../accounts/tokens.test.ts')])
