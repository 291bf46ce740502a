import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Belonging } from '../accounts/index.ts'
import { mayRead, slugOf } from '../rooms/index.ts'
import { type Placeholder, prepared } from '../storage/index.ts'

/** Lines that are looked at in one go, of all authors: there is no index by author. */
const RANGE = 500

/** Lines of an own sheet that are deleted at once. */
const AT_ONCE = 500

/**
 * The lines that people wrote. With an account its own sheet goes; the lines on sheets of rooms stay, without a name, since others
 * calculate with them.
 */
export function sheetBelongings({ database }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'lines',
      async read(user, after) {
        const [sheet = 0, seq = 0] = after === '' ? [] : after.split(' ').map(Number)
        const end = await selectEnd.executeTakeFirst(database, { sheet, seq })
        const lines = await selectLines.execute(database, {
          user,
          sheet,
          seq,
          lastSheet: end?.sheet ?? Number.MAX_SAFE_INTEGER,
          lastSeq: end?.seq ?? 0,
        })
        const items = lines.map(({ isReadable, value, ...line }) => ({
          ...line,
          ...(isReadable && { value }),
        }))
        return { items, next: end && `${end.sheet} ${end.seq}` }
      },
      async erase({ id }, _after, job) {
        const sheet = await database
          .selectFrom('sheets')
          .select('id')
          .where('user_id', '=', id)
          .executeTakeFirst()
        if (!sheet) return undefined
        return job.transaction(async (transaction) => {
          const { numDeletedRows } = await transaction
            .deleteFrom('calculations')
            .where('sheet_id', '=', sheet.id)
            .where('seq', 'in', (some) =>
              some.selectFrom('calculations').select('seq').where('sheet_id', '=', sheet.id).limit(AT_ONCE),
            )
            .executeTakeFirstOrThrow()
          if (Number(numDeletedRows) === AT_ONCE) return 'more'
          await transaction.deleteFrom('sheet_edits').where('sheet_id', '=', sheet.id).execute()
          await transaction.deleteFrom('bindings').where('sheet_id', '=', sheet.id).execute()
          await transaction.deleteFrom('sheets').where('id', '=', sheet.id).execute()
          return undefined
        })
      },
    },
  ]
}

interface Place {
  readonly sheet: number
  readonly seq: number
}

/** The last line of those that are looked at, if others follow. */
const selectEnd = prepared((database, value: Placeholder<Place>) =>
  database
    .selectFrom('calculations')
    .select(['sheet_id as sheet', 'seq'])
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('sheet_id', 'seq'), '>', tuple(value('sheet'), value('seq'))),
    )
    .orderBy('sheet_id')
    .orderBy('seq')
    .limit(1)
    .offset(RANGE - 1),
)

/**
 * The lines that still say what the person wrote. A line without a room is one of their own sheet. The value of one may depend on
 * what others write now: it is given where the person may read that.
 */
const selectLines = prepared(
  (database, value: Placeholder<Place & { user: number; lastSheet: number; lastSeq: number }>) =>
    database
      .selectFrom('calculations')
      .innerJoin('sheets', 'sheets.id', 'calculations.sheet_id')
      .select(({ ref }) => [
        slugOf(ref('sheets.room_id')).as('room'),
        'seq',
        'calculations.created_at as at',
        'calculations.expression',
        'calculations.text as value',
      ])
      .select(({ ref }) =>
        sql<boolean>`(sheets.room_id is null or ${mayRead(ref('sheets.room_id'), sql`cast(${value('user')} as bigint)`)})`.as(
          'isReadable',
        ),
      )
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('sheet_id', 'seq'), '>', tuple(value('sheet'), value('seq'))),
      )
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('sheet_id', 'seq'), '<=', tuple(value('lastSheet'), value('lastSeq'))),
      )
      .where('sender_id', '=', value('user'))
      .where(({ eb, or }) => or([eb('changed_by', 'is', null), eb('changed_by', '=', value('user'))]))
      .where('removed_at', 'is', null)
      .orderBy('sheet_id')
      .orderBy('seq'),
)
