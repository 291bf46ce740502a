import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of what is built on rooms and accounts once more, with their data on PostgreSQL.
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
