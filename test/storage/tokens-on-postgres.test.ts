import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of tokens once more, with their data on PostgreSQL.
await repeatOnPostgres([() => import('../accounts/tokens.test.ts')])
