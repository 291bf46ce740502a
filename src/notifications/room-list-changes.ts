/** Rows that are read at one look, at most; the rest waits for the next. */
const ROOMS_AT_ONCE = 50
const STANDINGS_AT_ONCE = 2_000
const LISTS_AT_ONCE = 100
const MENTIONED_AT_ONCE = 500

/**
 * Rooms and people of whom something has changed that lists of rooms show, and that was not read yet. Each `read…` takes some of
 * them; those that could not be read are there for the next look.
 */
export class RoomListChanges {
  readonly rooms = new Set<number>()
  /** Rooms of which only so much is known that others are there than before. */
  readonly online = new Set<number>()
  /** People whose lists are to be read. */
  readonly lists = new Set<number>()
  /** People who are told all of their list anew. */
  readonly outdated = new Set<number>()
  /** People who may be mentioned in other messages than before. */
  readonly mentioned = new Set<number>()

  forgetList(user: number): void {
    for (const users of [this.lists, this.outdated, this.mentioned]) users.delete(user)
  }

  forgetRoom(room: number): void {
    for (const rooms of [this.rooms, this.online]) rooms.delete(room)
  }

  /** Reads some of the lists that are told anew. @throws what `read` throws, as the others do */
  readOutdated(read: (users: readonly number[]) => Promise<void>): Promise<void> {
    return reading(this.outdated, take(this.outdated, LISTS_AT_ONCE), read)
  }

  /** Reads some of the lists that changed. */
  readLists(read: (users: readonly number[]) => Promise<void>): Promise<void> {
    return reading(this.lists, take(this.lists, LISTS_AT_ONCE), read)
  }

  /** Reads what mentions some of the people of whom that changed. */
  readMentioned(read: (users: readonly number[]) => Promise<void>): Promise<void> {
    return reading(this.mentioned, take(this.mentioned, MENTIONED_AT_ONCE), read)
  }

  /**
   * Reads as many of the changed rooms as may be read at once with all their members here. Those in which something was said or
   * read come before those to which people came.
   * @param membersOf counts the members of a room whose lists are here
   */
  readRooms(
    membersOf: (room: number) => number,
    read: (rooms: readonly number[]) => Promise<void>,
  ): Promise<void> {
    const taken: number[] = []
    let standings = 0
    for (const room of new Set([...this.rooms, ...this.online])) {
      standings += membersOf(room)
      if (taken.length === ROOMS_AT_ONCE || (taken.length > 0 && standings > STANDINGS_AT_ONCE)) break
      taken.push(room)
    }
    for (const room of taken) this.forgetRoom(room)
    return reading(this.rooms, taken, read)
  }
}

function take(changed: Set<number>, limit: number): number[] {
  const taken: number[] = []
  for (const one of changed) {
    if (taken.length === limit) break
    taken.push(one)
    changed.delete(one)
  }
  return taken
}

/** Reads what was taken, and puts it back where that fails. */
async function reading(
  changed: Set<number>,
  taken: readonly number[],
  read: (taken: readonly number[]) => Promise<void>,
): Promise<void> {
  try {
    await read(taken)
  } catch (error) {
    for (const one of taken) changed.add(one)
    throw error
  }
}
