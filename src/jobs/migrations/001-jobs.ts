import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('jobs')
    .addColumn('id', integer, counted)
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('key', text)
    .addColumn('user_id', integer, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('run_at', text, (column) => column.notNull())
    .addColumn('attempts', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('leased_by', text)
    .addColumn('again', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('last_error', text)
    .execute()
  // One index serves jobs that are new, that are tried again, and that a process left behind when it was killed.
  await database.schema.createIndex('jobs_due').on('jobs').columns(['kind', 'run_at', 'id']).execute()
  await database.schema
    .createIndex('jobs_key')
    .unique()
    .on('jobs')
    .columns(['kind', 'key'])
    .where(sql<boolean>`key is not null`)
    .execute()
  await database.schema
    .createIndex('jobs_of_person')
    .on('jobs')
    .columns(['user_id', 'kind'])
    .where(sql<boolean>`user_id is not null`)
    .execute()
  await database.schema
    .createTable('failed_jobs')
    .addColumn('id', integer, counted)
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('key', text)
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('failed_at', text, (column) => column.notNull())
    .addColumn('attempts', integer, (column) => column.notNull())
    .addColumn('error', text, (column) => column.notNull())
    .execute()
}
