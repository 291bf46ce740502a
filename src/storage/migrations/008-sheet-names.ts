import { type Kysely, sql } from 'kysely'

/**
 * A sheet's names are read a few at a time. What changed after a `rev` and how many there are is then read from an index,
 * without the names' values, and the latest value without the definitions that came after it.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const sheets = database.withTables<{
    bindings: { sheet_id: number; seq: number }
    calculations: { sheet_id: number; seq: number; value: string | null }
  }>()
  await sheets.schema
    .createIndex('bindings_by_seq')
    .on('bindings')
    .columns(['sheet_id', 'seq'])
    .unique()
    .execute()
  await sheets.schema
    .createIndex('calculations_with_value')
    .on('calculations')
    .columns(['sheet_id', 'seq'])
    .unique()
    .where(sql<boolean>`value is not null`)
    .execute()
}
