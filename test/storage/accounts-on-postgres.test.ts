import t from 'tap'
import { keepDataIn } from '../support/database.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'

// All that holds of accounts, and of their administration, on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
if (withPostgres.skip) t.pass('skipped', withPostgres)
else {
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await import('../accounts/accounts.test.ts')
  await import('../admin/admin.test.ts')
  await import('../accounts/pictures.test.ts')
  await import('../accounts/sessions.test.ts')
  t.setTimeout(1_200_000)
}
