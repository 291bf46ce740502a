import { sql } from 'kysely'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'
import { type Access, may, type Standing } from './access.ts'
import { type AccessChange, accessChangesAfter, CHANGES_AT_ONCE } from './access-changes.ts'
import { type Ending, endingOf, gone } from './endings.ts'
import { type FoundRoom, type Person, standingOf } from './rooms.ts'

/** The state that all visits to a room in this process share. */
interface OpenRoom {
  readonly id: number
  readonly kind: FoundRoom['kind']
  archived: boolean
  /** By person: one may be here several times. */
  readonly visits: Map<number, Set<Visit>>
}

/** Somebody who is connected to something in a room. */
export interface Visitor {
  /** As they are now: a person can become an administrator while they are connected. */
  person(): Person
  /** Called when the person may not be in the room any more, or it is gone. */
  end(ending: Ending): void
  /** Called when a room that was archived is in use again, and its person, who looked at it, is no member of it. */
  reopened?(): void
  /** Called with what is told to all who are in the room. */
  tell?(frame: object): void
}

/** One connection to something in a room, and the access that its person has there as far as this process knows. */
export class Visit {
  readonly user: number
  readonly #room: OpenRoom
  readonly #visitor: Visitor
  #standing: Standing
  #mutedUntil: string | null

  constructor(
    room: OpenRoom,
    visitor: Visitor,
    { mutedUntil, standing }: Pick<Access, 'mutedUntil' | 'standing'>,
  ) {
    this.#room = room
    this.#visitor = visitor
    this.user = visitor.person().id
    this.#standing = standing
    this.#mutedUntil = mutedUntil
  }

  get room(): number {
    return this.#room.id
  }

  get access(): Access {
    const { archived, kind } = this.#room
    const { administrator } = this.#visitor.person()
    return { kind, archived, standing: this.#standing, mutedUntil: this.#mutedUntil, administrator }
  }

  /** The person may not be here any more, since the room is gone. */
  end(): void {
    this.#visitor.end(gone)
  }

  /** The room was archived, and is in use again. */
  reopen(): void {
    if (this.#standing === 'none') this.#visitor.reopened?.()
  }

  tell(frame: object): void {
    this.#visitor.tell?.(frame)
  }

  /** Takes note of what the person is to the room now. */
  change({ mutedUntil, standing }: Pick<Access, 'mutedUntil' | 'standing'>): void {
    // People may look at an archived room without being members of it: they have not left.
    const left = this.#standing !== 'none' && standing === 'none'
    this.#standing = standing
    this.#mutedUntil = mutedUntil
    if (left || !may(this.access, 'see')) this.#visitor.end(endingOf(standing))
  }
}

/**
 * Tracks who is connected to which rooms in this process, and their access there. Changes of access are recorded in the
 * database; this reads them about once a second, whatever the layer loses, and at once when told to.
 */
export class Attendance {
  readonly #database: Database
  readonly #rooms = new Map<number, OpenRoom>()
  /** The latest access change that was looked at. */
  #rev = 0
  #looking: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /** Takes what there is as looked at. To be called once, before anybody comes. */
  async start(): Promise<void> {
    this.#rev = (await accessChangesAfter(this.#database, Number.MAX_SAFE_INTEGER)).latest
  }

  /**
   * Notes that somebody has come.
   * @param room as it was just found
   * @returns what must be given to `leave`
   */
  async arrive(room: FoundRoom, visitor: Visitor): Promise<Visit> {
    const open = this.#rooms.get(room.id) ?? newRoom(room)
    this.#rooms.set(room.id, open)
    const visit = new Visit(open, visitor, room)
    const visits = open.visits.get(visit.user) ?? new Set()
    open.visits.set(visit.user, visits.add(visit))
    // A change that came between may have been looked at already.
    if (room.accessRev < this.#rev) await this.#refreshVisit(visit)
    return visit
  }

  leave(visit: Visit): void {
    const room = this.#rooms.get(visit.room)
    const visits = room?.visits.get(visit.user)
    if (!room || !visits) return
    visits.delete(visit)
    if (visits.size === 0) room.visits.delete(visit.user)
    if (room.visits.size === 0) this.#rooms.delete(room.id)
  }

  /** Tells something to those who are here in some of the rooms. */
  tell(frame: object, isAbout: (room: number) => boolean): void {
    for (const { id, visits } of this.#rooms.values())
      if (isAbout(id)) for (const some of visits.values()) for (const visit of some) visit.tell(frame)
  }

  /** Looks up what was changed. When this resolves, everything is known here that was committed before the call. */
  look(): Promise<void> {
    if (!this.#looking) {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined
      })
      return this.#looking
    }
    // The look under way may have read too early; one more is enough for all who ask meanwhile.
    this.#next ??= this.#looking
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.look()
      })
    return this.#next
  }

  async #look(): Promise<void> {
    for (;;) {
      const { latest, changes } = await accessChangesAfter(this.#database, this.#rev)
      const first = changes[0]?.rev ?? latest + 1
      // The database went back, or this process missed more than is kept.
      if (latest < this.#rev || (latest > this.#rev && first > this.#rev + 1)) {
        await this.#refreshAll()
        this.#rev = latest
        return
      }
      await this.#refresh(changes)
      this.#rev = changes.at(-1)?.rev ?? latest
      if (changes.length < CHANGES_AT_ONCE) return
    }
  }

  async #refreshVisit(visit: Visit): Promise<void> {
    const { room, user } = visit
    try {
      await this.#refresh([
        { room, user },
        { room, user: null },
      ])
    } catch (error) {
      this.leave(visit)
      throw error
    }
  }

  async #refreshAll(): Promise<void> {
    const all = [...this.#rooms.values()].flatMap(({ id, visits }) => [
      { room: id, user: null },
      ...[...visits.keys()].map((user) => ({ room: id, user })),
    ])
    await this.#refresh(all)
  }

  /** Reads anew what was changed about those who are here. */
  async #refresh(changes: readonly AccessChange[]): Promise<void> {
    const rooms = new Set<number>()
    const people = new Map<string, { room: number; user: number }>()
    for (const { room, user } of changes) {
      const open = this.#rooms.get(room)
      if (!open) continue
      if (user === null) rooms.add(room)
      else if (open.visits.has(user)) people.set(`${room} ${user}`, { room, user })
    }
    await this.#refreshRooms([...rooms].map((id) => ({ id })))
    await this.#refreshPeople([...people.values()])
  }

  async #refreshRooms(rooms: readonly { id: number }[]): Promise<void> {
    const rows = await selectArchived.execute(this.#database, rooms)
    const archived = new Map(rows.map(({ id, archivedAt }) => [id, archivedAt !== null]))
    for (const { id } of rooms) {
      const open = this.#rooms.get(id)
      if (!open) continue
      const wasArchived = open.archived
      open.archived = archived.get(id) ?? true
      const visits = [...open.visits.values()].flatMap((visits) => [...visits])
      if (!archived.has(id)) for (const visit of visits) visit.end()
      else if (wasArchived && !open.archived) for (const visit of visits) visit.reopen()
    }
  }

  async #refreshPeople(people: readonly { room: number; user: number }[]): Promise<void> {
    const rows = await selectStandings.execute(this.#database, people)
    for (const { room, user, role, barred, mutedUntil } of rows) {
      const visits = this.#rooms.get(room)?.visits.get(user) ?? []
      for (const visit of [...visits]) visit.change({ standing: standingOf({ role, barred }), mutedUntil })
    }
  }
}

function newRoom({ id, kind, archived }: FoundRoom): OpenRoom {
  return { id, kind, archived, visits: new Map() }
}

const selectArchived = preparedForRows((database, rooms: readonly Placeholder<{ id: number }>[]) =>
  database
    .selectFrom('rooms')
    .select(['id', 'archived_at as archivedAt'])
    .where('deleted_at', 'is', null)
    .where(
      'id',
      'in',
      rooms.map((room) => room('id')),
    ),
)

const selectStandings = preparedForRows(
  (database, people: readonly Placeholder<{ room: number; user: number }>[]) => {
    const rows = people.map(
      (person) => sql`(cast(${person('room')} as bigint), cast(${person('user')} as bigint))`,
    )
    const asked = sql<{ column1: number; column2: number }>`(values ${sql.join(rows)})`.as('asked')
    return database
      .selectFrom(asked)
      .leftJoin('memberships', (join) =>
        join
          .onRef('memberships.room_id', '=', 'asked.column1')
          .onRef('memberships.user_id', '=', 'asked.column2'),
      )
      .leftJoin('bars', (join) =>
        join.onRef('bars.room_id', '=', 'asked.column1').onRef('bars.user_id', '=', 'asked.column2'),
      )
      .leftJoin('mutes', (join) =>
        join.onRef('mutes.room_id', '=', 'asked.column1').onRef('mutes.user_id', '=', 'asked.column2'),
      )
      .select([
        'asked.column1 as room',
        'asked.column2 as user',
        'role',
        'bars.user_id as barred',
        'muted_until as mutedUntil',
      ])
  },
)
