import type { TimeZones } from '../accounts/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows } from '../storage/index.ts'

/** When a person is not to be disturbed, each day in their zone. */
export interface QuietHours {
  /** Such as `22:00`. */
  readonly from: string
  /** Before `from`: on the next day. */
  readonly to: string
}

const TIME = /^(?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9])$/

/** The fault of quiet hours, in words for the person who entered them, or undefined. */
export function quietHoursFault({ from, to }: QuietHours): string | undefined {
  if (!TIME.test(from) || !TIME.test(to)) return 'Give both times, such as 22:00 and 07:00.'
  if (from === to) return 'The two times are the same. Choose when the quiet hours end.'
  return undefined
}

/** The quiet hours of a person; undefined: they have none. */
export async function quietHoursOf(database: Database, user: number): Promise<QuietHours | undefined> {
  const [row] = await selectHours.execute(database, [{ user }])
  return row && { from: timeOf(row.from), to: timeOf(row.to) }
}

/** Sets the quiet hours of a person. @param hours without a fault; undefined: none */
export async function setQuietHours(
  database: Database,
  user: number,
  hours: QuietHours | undefined,
): Promise<void> {
  if (!hours) await deleteHours.execute(database, { user })
  else {
    const { from, to } = hours
    await upsertHours.execute(database, { user, from: minuteOf(from), to: minuteOf(to) })
  }
}

/** Finds the people among these who are not to be disturbed at a time. */
export async function quietPeople(
  database: Database,
  timeZones: TimeZones,
  users: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await selectHours.execute(
    database,
    users.map((user) => ({ user })),
  )
  if (rows.length === 0) return new Set()
  const zones = await timeZones.ofAll(rows.map(({ user }) => user))
  const now = Temporal.Now.instant()
  return new Set(
    rows
      .filter(({ from, to, user }) => isWithin(minuteIn(zones.get(user) ?? 'UTC', now), from, to))
      .map(({ user }) => user),
  )
}

function isWithin(minute: number, from: number, to: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

/** The minute of the day that it is in a zone. */
function minuteIn(zone: string, at: Temporal.Instant): number {
  const { hour, minute } = at.toZonedDateTimeISO(zone)
  return hour * 60 + minute
}

function minuteOf(time: string): number {
  const { hour = 0, minute = 0 } = TIME.exec(time)?.groups ?? {}
  return Number(hour) * 60 + Number(minute)
}

function timeOf(minute: number): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

const selectHours = preparedForRows((database, users: readonly Placeholder<{ user: number }>[]) =>
  database
    .selectFrom('quiet_hours')
    .select(['user_id as user', 'starts_at as from', 'ends_at as to'])
    .where(
      'user_id',
      'in',
      users.map((value) => value('user')),
    ),
)

const upsertHours = prepared((database, value: Placeholder<{ user: number; from: number; to: number }>) =>
  database
    .insertInto('quiet_hours')
    .values({ user_id: value('user'), starts_at: value('from'), ends_at: value('to') })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet(({ ref }) => ({
        starts_at: ref('excluded.starts_at'),
        ends_at: ref('excluded.ends_at'),
      })),
    ),
)

const deleteHours = prepared((database, value: Placeholder<{ user: number }>) =>
  database.deleteFrom('quiet_hours').where('user_id', '=', value('user')),
)
