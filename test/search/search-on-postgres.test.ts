import t from 'tap'
import { keepDataIn } from '../support/database.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'

// All that holds of searching on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
if (withPostgres.skip) t.pass('skipped', withPostgres)
else {
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await import('./search.test.ts')
  t.setTimeout(600_000)
}
