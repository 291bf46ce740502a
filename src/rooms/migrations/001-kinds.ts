import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/**
 * Rooms can be private, direct or archived, their members have roles, and people can be invited and barred. The rooms that exist
 * are open. Whoever made one owns it while they are a member, and otherwise whoever has been a member longest, as when an owner
 * leaves; a room that nobody made, such as the lobby, has no owner.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  const { schema } = database
  for (const [name, value] of [
    ['kind', 'open'],
    ['description', ''],
  ] as const)
    await schema
      .alterTable('rooms')
      .addColumn(name, text, (column) => column.notNull().defaultTo(value))
      .execute()
  for (const name of ['archived_at', 'direct_key'])
    await schema.alterTable('rooms').addColumn(name, text).execute()
  await schema.createIndex('rooms_by_direct_key').on('rooms').column('direct_key').unique().execute()
  // The rooms in the directory. Its queries repeat this condition literally, or no database would use the index.
  await sql`create index listed_rooms_by_activity on rooms (active_minute)
    where kind = 'open' and archived_at is null`.execute(database)

  await schema
    .alterTable('memberships')
    .addColumn('role', text, (column) => column.notNull().defaultTo('member'))
    .execute()
  await schema.alterTable('memberships').addColumn('level', text).execute()
  await schema.alterTable('memberships').addColumn('hidden_after', integer).execute()
  await schema.dropIndex('memberships_by_room').execute()
  await schema
    .createIndex('memberships_by_time')
    .on('memberships')
    .columns(['room_id', 'joined_at', 'user_id'])
    .execute()
  await sql`update memberships set role = 'owner' where user_id =
    (select created_by from rooms where rooms.id = memberships.room_id)`.execute(database)
  await sql`update memberships set role = 'owner'
    where user_id = (
      select longest.user_id from memberships longest where longest.room_id = memberships.room_id
      order by longest.joined_at, longest.user_id limit 1
    )
    and exists (select 1 from rooms where rooms.id = memberships.room_id and created_by is not null)
    and not exists (
      select 1 from memberships owner where owner.room_id = memberships.room_id and owner.role = 'owner'
    )`.execute(database)

  await schema
    .createTable('bars')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('barred_by', integer, (column) => column.references('users.id').onDelete('set null'))
    .addColumn('barred_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('bars_key', ['room_id', 'user_id'])
    .execute()

  await schema
    .createTable('invitations')
    .addColumn('room_id', integer, (column) => column.primaryKey().references('rooms.id').onDelete('cascade'))
    .addColumn('code', text, (column) => column.notNull().unique())
    .addColumn('created_by', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('expires_at', text, (column) => column.notNull())
    .execute()

  await schema
    .createTable('access_revs')
    .addColumn('id', integer, (column) => column.primaryKey())
    .addColumn('rev', integer, (column) => column.notNull())
    .execute()
  await sql`insert into access_revs (id, rev) values (1, 0)`.execute(database)
  await schema
    .createTable('access_changes')
    .addColumn('rev', integer, (column) => column.primaryKey())
    .addColumn('room_id', integer)
    .addColumn('user_id', integer)
    .execute()
}
