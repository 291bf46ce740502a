import t from 'tap'
import { keepDataIn } from '../support/database.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'

// What stands on rooms and accounts keeps its promises on PostgreSQL too: the same tests, which are told another place for their data.
if (withPostgres.skip) t.pass('skipped', withPostgres)
else {
  keepDataIn((await startPostgres(t, { passwords: false })).url)
  await import('../admin/admin.test.ts')
  await import('../bans/bans.test.ts')
  await import('../accounts/keys.test.ts')
  await import('../accounts/own-data.test.ts')
  await import('../accounts/blocks.test.ts')
  await import('../notifications/room-lists.test.ts')
  await import('../push/push.test.ts')
  await import('../scheduled/scheduled.test.ts')
  await import('../chat/retention.test.ts')
  await import('../chat/events.test.ts')
  await import('../hooks.test.ts')
  // Each of them sets what it takes by itself.
  t.setTimeout(1_200_000)
}
