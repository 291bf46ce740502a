import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of search once more, with their data on PostgreSQL.
await repeatOnPostgres([() => import('./search.test.ts')])
