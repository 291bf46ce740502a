import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { columnTypes } from './columns.ts'
import { skeleton } from './frozen-names.ts'

/** People whose row is changed by one statement. */
const BATCH = 200

type Names = {
  users: { id: number; name: string; skeleton: string | null }
  installation: { id: string }
}

/**
 * Names the installation, so that its cookies are not another's, and notes what the names of people look like. Where two
 * look alike already, both stay, and the later one has no skeleton.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  const tables = database.withTables<Names>()
  await database.schema
    .createTable('installation')
    .addColumn('id', text, (column) => column.primaryKey())
    .execute()
  await tables
    .insertInto('installation')
    .values({ id: randomBytes(4).toString('hex') })
    .execute()

  await database.schema.alterTable('users').addColumn('skeleton', text).execute()
  const users = await tables.selectFrom('users').select(['id', 'name']).orderBy('id').execute()
  const first = new Map<string, number>()
  for (const { id, name } of users) if (!first.has(skeleton(name))) first.set(skeleton(name), id)
  const entries = [...first]
  for (let start = 0; start < entries.length; start += BATCH) {
    const batch = entries.slice(start, start + BATCH)
    const cases = sql.join(
      batch.map(([shape, id]) => sql`when ${id} then ${shape}`),
      sql` `,
    )
    const ids = sql.join(batch.map(([, id]) => id))
    await sql`update users set skeleton = case id ${cases} end where id in (${ids})`.execute(database)
  }
  await database.schema.createIndex('users_by_skeleton').on('users').column('skeleton').unique().execute()
}
