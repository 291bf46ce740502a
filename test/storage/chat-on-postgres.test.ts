import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of rooms once more, with their data on PostgreSQL.
// (Processes on PostgreSQL are killed in test/cluster.)
await repeatOnPostgres([
  () => import('../rooms/rooms.test.ts'),
  () => import('../chat/room.test.ts'),
  () => import('../chat/texts.test.ts'),
  () => import('../chat/typing.test.ts'),
  () => import('../chat/catch-up.test.ts'),
  () => import('../chat/changes.test.ts'),
  () => import('../chat/expressions.test.ts'),
  () => import('../chat/pages.test.ts'),
  () => import('../chat/room-addresses.test.ts'),
  () => import('../chat/forms.test.ts'),
  () => import('../chat/history.test.ts'),
  () => import('../files/files.test.ts'),
  () => import('../files/uploads.test.ts'),
  () => import('../files/removal.test.ts'),
  () => import('../notifications/notifications.test.ts'),
])
