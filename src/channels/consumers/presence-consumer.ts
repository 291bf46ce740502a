import type { PresenceChanged } from '../live/presence.ts'
import { type Handles, JsonConsumer } from './consumer.ts'

/** Names in a welcome. */
const ONLINE_NAMES = 200

/** What people are called, by username: only those who have a name beside it. */
export type CalledNames = Readonly<Record<string, string>>

/** Finds what people are called: at once where that is remembered. */
export type NamesOf = (usernames: readonly string[]) => CalledNames | Promise<CalledNames>

/** Who is in a group: at most 200 usernames, what these people are called, and how many there are in all. */
export interface Online {
  readonly usernames: readonly string[]
  readonly names: CalledNames
  readonly count: number
}

/** A consumer whose person is present in one group, and whose client is told who comes and goes there. */
export abstract class PresenceConsumer extends JsonConsumer implements Handles<PresenceChanged> {
  #group: string | undefined

  /** Makes the person present, and gives who else is. To be called once, by `connect`. */
  protected async join(group: string): Promise<Online> {
    this.#group = group
    await this.groupAdd(group)
    await this.app.presence.join(group, this.identity.user.name, this.channel)
    const { names: usernames, count } = this.app.presence.list(group, ONLINE_NAMES)
    return { usernames, names: await this.app.namesOf(usernames), count }
  }

  'presence.changed'(event: PresenceChanged): void | Promise<void> {
    const announcement = announcements.get(event) ?? announce(event, this.app.namesOf)
    announcements.set(event, announcement)
    if (!(announcement instanceof Promise)) return this.#tell(event, announcement)
    return announcement.then((ready) => {
      announcements.set(event, ready)
      this.#tell(event, ready)
    })
  }

  override disconnect(_code: number): void {
    if (this.#group !== undefined) this.app.presence.leave(this.#group, this.identity.user.name, this.channel)
  }

  #tell(event: PresenceChanged, { frame, about, names }: Announcement): void {
    const { name } = this.identity.user
    if (!about.has(name)) return this.sendLossy(frame)
    const joined = event.joined.filter((other) => other !== name)
    const left = event.left.filter((other) => other !== name)
    if (joined.length > 0 || left.length > 0) this.sendLossy(presenceFrame(joined, left, names))
  }
}

interface Announcement {
  /** One for each event, so that it is encoded once for all who get it. */
  readonly frame: object
  /** The usernames that it is about. */
  readonly about: ReadonlySet<string>
  readonly names: CalledNames
}

const announcements = new WeakMap<PresenceChanged, Announcement | Promise<Announcement>>()

function announce(event: PresenceChanged, namesOf: NamesOf): Announcement | Promise<Announcement> {
  const names = namesOf(event.joined)
  return names instanceof Promise
    ? names.then((found) => announcementOf(event, found))
    : announcementOf(event, names)
}

function announcementOf({ joined, left }: PresenceChanged, names: CalledNames): Announcement {
  return { frame: presenceFrame(joined, left, names), about: new Set([...joined, ...left]), names }
}

function presenceFrame(joined: readonly string[], left: readonly string[], names: CalledNames): object {
  return { type: 'presence', joined, left, ...namesField(joined, names) }
}

/** `names`, where one of these people has a name beside the username. */
export function namesField(usernames: readonly string[], names: CalledNames): { names?: CalledNames } {
  const called = usernames.filter((username) => Object.hasOwn(names, username))
  if (called.length === 0) return {}
  return { names: Object.fromEntries(called.map((username) => [username, names[username] ?? username])) }
}
