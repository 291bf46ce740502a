import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of accounts and their administration once more, with their data on PostgreSQL.
await repeatOnPostgres([
  () => import('../accounts/accounts.test.ts'),
  () => import('../accounts/sign-in.test.ts'),
  () => import('../accounts/password.test.ts'),
  () => import('../accounts/people.test.ts'),
  () => import('../admin/admin.test.ts'),
  () => import('../accounts/pictures.test.ts'),
  () => import('../accounts/sessions.test.ts'),
])
