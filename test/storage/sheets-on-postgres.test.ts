import t from 'tap'
import { keepDataIn } from '../support/database.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'

// All that holds of sheets on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
if (withPostgres.skip) t.pass('skipped', withPostgres)
else {
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await import('../calculator/sheet.test.ts')
  await import('../calculator/sheet-edits.test.ts')
  await import('../calculator/processes.test.ts')
}
