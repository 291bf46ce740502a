import { sql, type Transaction } from 'kysely'
import { type Kind, minuteOf } from '../rooms/index.ts'
import { type Placeholder, preparedForRows, type Tables } from '../storage/index.ts'
import type { Change, OpenStream, StreamTable } from '../streams/index.ts'
import { streamTable } from '../streams/index.ts'

/** A room whose talk is being changed. */
export interface LockedRoom {
  readonly id: number
  readonly slug: string
  readonly rev: number
  readonly active_minute: string
  readonly kind: Kind
  /** Not 0: somebody may want to be notified of everything that is said in it. */
  readonly watched: number
  /** Not 0: it may be hidden from somebody in it, as a direct room may always be. */
  readonly hides: number
  /** Since when nothing may be changed in it. */
  readonly archived_at: string | null
}

const rows = streamTable('rooms')

/** Rooms as the streams of their talk. When something was said there last is stored beside `rev`. */
export const roomTable: StreamTable<LockedRoom> = {
  lock: (transaction, ids) =>
    lockRooms.execute(
      transaction,
      // In one order everywhere, so that no two transactions wait for each other's rooms.
      ids.toSorted((a, b) => a - b).map((id) => ({ id })),
    ),
  revs: rows.revs,
  list: rows.list,
  advance,
}

async function advance(
  transaction: Transaction<Tables>,
  rooms: readonly OpenStream<LockedRoom, Change>[],
): Promise<void> {
  const at = new Date().toISOString()
  const said = rooms.filter(saysSomething)
  await rows.advance(
    transaction,
    rooms.filter((room) => !saysSomething(room)),
  )
  const changes = said.map(({ id, rev, row }) => ({ id, rev, at, before: row.active_minute }))
  await setRevs.execute(
    transaction,
    changes.filter(({ before }) => minuteOf(at) === before),
  )
  await setRevsAndMinutes.execute(
    transaction,
    changes.filter(({ before }) => minuteOf(at) !== before),
  )
}

/** An edit, a reaction or a deletion, also of what is too old, makes a room no more active. */
function saysSomething({ changes }: OpenStream<LockedRoom, Change>): boolean {
  return changes.some(({ rev, seq }) => rev === seq)
}

const lockRooms = preparedForRows((database, rooms: readonly Placeholder<{ id: number }>[]) =>
  database
    .selectFrom('rooms')
    .select(['id', 'slug', 'rev', 'active_minute', 'kind', 'watched', 'hides', 'archived_at'])
    .where(
      'id',
      'in',
      rooms.map((room) => room('id')),
    )
    .orderBy('id')
    .forNoKeyUpdate(),
)

interface Advance {
  readonly id: number
  readonly rev: number
  readonly at: string
}

const setRevs = preparedForRows((database, rooms: readonly Placeholder<Advance>[]) =>
  database
    .updateTable('rooms')
    .from(changed(rooms))
    .set(({ ref }) => ({ rev: ref('changed.column2'), active_at: ref('changed.column3') }))
    .whereRef('rooms.id', '=', 'changed.column1'),
)

/** As `setRevs`, once a minute for each room in which something happens: only then does an index change too. */
const setRevsAndMinutes = preparedForRows((database, rooms: readonly Placeholder<Advance>[]) =>
  database
    .updateTable('rooms')
    .from(changed(rooms))
    .set(({ ref }) => ({
      rev: ref('changed.column2'),
      active_at: ref('changed.column3'),
      active_minute: sql<string>`substr(changed.column3, 1, 16)`,
    }))
    .whereRef('rooms.id', '=', 'changed.column1'),
)

function changed(rooms: readonly Placeholder<Advance>[]) {
  const rows = rooms.map(
    (room) => sql`(cast(${room('id')} as bigint), cast(${room('rev')} as bigint), ${room('at')})`,
  )
  return sql<{ column1: number; column2: number; column3: string }>`(values ${sql.join(rows)})`.as('changed')
}
