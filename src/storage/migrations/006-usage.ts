import { type Kysely, sql } from 'kysely'
import { columnTypes } from './columns.ts'

/** Bytes that a row takes beside its texts, as `ROW` in `accounts/usage.ts`. */
const ROW = 200

/** The bytes that each person keeps, and an index for counting the rooms that a person made recently. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .createTable('usage')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('bytes', integer, (column) => column.notNull())
    .execute()
  await sql`
    insert into usage (user_id, bytes)
    select user_id, cast(sum(bytes) as bigint) from (
      select sender_id as user_id, octet_length(text) + octet_length(client_id) + ${sql.lit(ROW)} as bytes from messages
      union all
      select sender_id,
        octet_length(expression) + octet_length(text) + octet_length(result)
          + coalesce(octet_length(value), 0) + octet_length(client_id) + ${sql.lit(ROW)}
      from calculations
      union all
      select calculations.sender_id, octet_length(bindings.stored) + ${sql.lit(ROW)}
      from bindings
      join calculations on calculations.sheet_id = bindings.sheet_id and calculations.seq = bindings.seq
    ) as kept
    group by user_id`.execute(database)
  await database.schema
    .createIndex('rooms_by_maker')
    .on('rooms')
    .columns(['created_by', 'created_at'])
    .execute()
}
