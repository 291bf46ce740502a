import { repeatOnPostgres } from '../support/on-postgres.ts'

// What stands on rooms and accounts keeps its promises on PostgreSQL too: the same tests, which are told another place for their data.
await repeatOnPostgres([
  () => import('../bans/bans.test.ts'),
  () => import('../accounts/keys.test.ts'),
  () => import('../accounts/own-data.test.ts'),
  () => import('../accounts/blocks.test.ts'),
  () => import('../notifications/room-lists.test.ts'),
  () => import('../push/push.test.ts'),
  () => import('../scheduled/scheduled.test.ts'),
  () => import('../scheduled/editing.test.ts'),
  () => import('../chat/retention.test.ts'),
  () => import('../chat/events.test.ts'),
  () => import('../hooks.test.ts'),
])
