import t from 'tap'
import { keepDataIn } from '../support/database.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'

// All that holds of rooms on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
// (Processes on PostgreSQL are killed in test/cluster.)
if (withPostgres.skip) t.pass('skipped', withPostgres)
else {
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await import('../rooms/rooms.test.ts')
  await import('../chat/room.test.ts')
  await import('../chat/changes.test.ts')
  await import('../chat/expressions.test.ts')
  await import('../chat/pages.test.ts')
  await import('../files/files.test.ts')
  await import('../files/uploads.test.ts')
  await import('../files/removal.test.ts')
  await import('../notifications/notifications.test.ts')
  // Each of them sets what it takes by itself.
  t.setTimeout(1_200_000)
}
