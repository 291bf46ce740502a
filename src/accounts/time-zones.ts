import { type Database, type Placeholder, prepared, preparedForRows } from '../storage/index.ts'

/** People's time zones, for the times that they write and for their quiet hours. */
export class TimeZones {
  readonly #database: Database
  readonly #otherwise: string

  /** @param otherwise the zone of those who have not said theirs */
  constructor(database: Database, otherwise: string) {
    this.#database = database
    this.#otherwise = otherwise
  }

  /** Notes the zone of a person. @returns false where there is no such zone */
  async set(user: number, name: string): Promise<boolean> {
    const zone = zoneNamed(name)
    if (zone === undefined) return false
    await setZone.execute(this.#database, { user, zone })
    return true
  }

  /** The zone of a person; that of the server where they have not said theirs. */
  async of(user: number): Promise<string> {
    return (await this.told(user)) ?? this.#otherwise
  }

  /** The zone that a person has said; undefined: none. */
  async told(user: number): Promise<string | undefined> {
    const [row] = await selectZones.execute(this.#database, [{ user }])
    return zoneNamed(row?.zone ?? undefined)
  }

  /** The zone of each of some people, by their `id`. */
  async ofAll(users: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const rows = await selectZones.execute(
      this.#database,
      users.map((user) => ({ user })),
    )
    return new Map(rows.map(({ user, zone }) => [user, zoneNamed(zone ?? undefined) ?? this.#otherwise]))
  }
}

/** A zone by its name, as it is written; undefined where that is none. */
export function zoneNamed(name: string | undefined): string | undefined {
  if (name === undefined || name.length > 64) return undefined
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name.trim()).timeZoneId
  } catch {
    return undefined
  }
}

/** The error text for a name that is no time zone, for the person who entered it. */
export const NO_SUCH_ZONE = 'There is no such time zone. Write it like Europe/Berlin or America/New_York.'

const setZone = prepared((database, value: Placeholder<{ user: number; zone: string }>) =>
  database
    .updateTable('users')
    .set({ time_zone: value('zone') })
    .where('id', '=', value('user')),
)

const selectZones = preparedForRows((database, users: readonly Placeholder<{ user: number }>[]) =>
  database
    .selectFrom('users')
    .select(['id as user', 'time_zone as zone'])
    .where(
      'id',
      'in',
      users.map((value) => value('user')),
    ),
)
