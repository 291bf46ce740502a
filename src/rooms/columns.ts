import { type Expression, type RawBuilder, sql } from 'kysely'

/**
 * A column of a query: the slug of a room.
 * @param room a column with the room's number, with the name of its table, such as `hooks.room_id`; null gives null
 */
export function slugOf(room: Expression<number>): RawBuilder<string>
export function slugOf(room: Expression<number | null>): RawBuilder<string | null>
export function slugOf(room: Expression<number | null>): RawBuilder<string | null> {
  return sql`(select addressed.slug from rooms as addressed where addressed.id = ${room})`
}
