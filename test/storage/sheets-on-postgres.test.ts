import { repeatOnPostgres } from '../support/on-postgres.ts'

// All that holds of sheets on SQLite holds on PostgreSQL: the same tests, which are told another place for their data.
await repeatOnPostgres([
  () => import('../calculator/sheet.test.ts'),
  () => import('../calculator/sheet-edits.test.ts'),
  () => import('../calculator/sheet-names.test.ts'),
  () => import('../calculator/sheet-previews.test.ts'),
  () => import('../calculator/live-values.test.ts'),
  () => import('../calculator/processes.test.ts'),
])
