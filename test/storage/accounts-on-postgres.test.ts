import { repeatOnPostgres } from '../support/on-postgres.ts'

// All that holds of accounts, and of their administration, on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
await repeatOnPostgres([
  () => import('../accounts/accounts.test.ts'),
  () => import('../accounts/sign-in.test.ts'),
  () => import('../accounts/password.test.ts'),
  () => import('../accounts/people.test.ts'),
  () => import('../admin/admin.test.ts'),
  () => import('../accounts/pictures.test.ts'),
  () => import('../accounts/sessions.test.ts'),
])
