import { type Expression, type RawBuilder, sql } from 'kysely'

/**
 * A query for the rows of a stream that changed, in rising `rev`. It has two parts, each of which has its index, in one statement, so
 * that both see the same state of the database.
 * @param added the rows whose latest change is that they were added, in rising `rev`
 * @param changed the rows that changed later, in rising `rev`
 */
export function inRisingRev<Row extends { readonly rev: number }>(
  added: Expression<Row>,
  changed: Expression<Row>,
  limit: Expression<number>,
): RawBuilder<Row> {
  return sql`select * from ${added} as added union all select * from ${changed} as changed order by rev limit ${limit}`
}
