import { repeatOnPostgres } from '../support/on-postgres.ts'

// The tests of sheets once more, with their data on PostgreSQL.
await repeatOnPostgres([
  () => import('../calculator/sheet.test.ts'),
  () => import('../calculator/sheet-edits.test.ts'),
  () => import('../calculator/sheet-names.test.ts'),
  () => import('../calculator/sheet-previews.test.ts'),
  () => import('../calculator/live-values.test.ts'),
  () => import('../calculator/processes.test.ts'),
])
