import { Type } from 'typebox'
import type { PresenceChanged } from '../live/presence.ts'
import { type Handles, JsonConsumer, type SentFrames } from './consumer.ts'

/** Names in a welcome. */
const ONLINE_NAMES = 200

/**
 * Descriptions of people: fields of frames, each of which maps usernames to texts, such as `{ names: { zoe: 'Zoë' } }`. A
 * field contains only people for whom there is something to tell.
 */
export type About = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Finds what clients are told about people; returns at once if it is cached. */
export type Describe = (usernames: readonly string[]) => About | Promise<About>

/** The people in a group: at most 200 usernames, a description of each, and how many there are in all. */
export interface Online {
  readonly usernames: readonly string[]
  readonly about: About
  readonly count: number
}

const Usernames = Type.Array(Type.String())

export const PresenceFrame = Type.Object({
  type: Type.Literal('presence'),
  joined: Usernames,
  left: Usernames,
})

/** A consumer whose person is present in one group, and whose client is told who joins and leaves it. */
export abstract class PresenceConsumer extends JsonConsumer implements Handles<PresenceChanged> {
  static override readonly sends: SentFrames = { ...JsonConsumer.sends, presence: PresenceFrame }

  #group: string | undefined

  /** Makes the person present, and returns who else is. Call it once, in `connect`. */
  protected async join(group: string): Promise<Online> {
    this.#group = group
    await this.groupAdd(group)
    await this.app.presence.join(group, this.identity.user.name, this.channel)
    const { names: usernames, count } = this.app.presence.list(group, ONLINE_NAMES)
    return { usernames, about: await this.app.describePeople(usernames), count }
  }

  'presence.changed'(event: PresenceChanged): void | Promise<void> {
    const announcement = announcements.get(event) ?? announce(event, this.app.describePeople)
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

  #tell(event: PresenceChanged, { frame, concerned, about }: Announcement): void {
    const { name } = this.identity.user
    if (!concerned.has(name)) return this.sendLossy(frame)
    const joined = event.joined.filter((other) => other !== name)
    const left = event.left.filter((other) => other !== name)
    if (joined.length > 0 || left.length > 0) this.sendLossy(presenceFrame(joined, left, about))
  }
}

interface Announcement {
  /** One for each event, so that it is encoded once for all who get it. */
  readonly frame: object
  /** The usernames that it is about. */
  readonly concerned: ReadonlySet<string>
  readonly about: About
}

const announcements = new WeakMap<PresenceChanged, Announcement | Promise<Announcement>>()

function announce(event: PresenceChanged, describe: Describe): Announcement | Promise<Announcement> {
  const about = describe(event.joined)
  return about instanceof Promise
    ? about.then((found) => announcementOf(event, found))
    : announcementOf(event, about)
}

function announcementOf({ joined, left }: PresenceChanged, about: About): Announcement {
  return { frame: presenceFrame(joined, left, about), concerned: new Set([...joined, ...left]), about }
}

function presenceFrame(joined: readonly string[], left: readonly string[], about: About): object {
  return { type: 'presence', joined, left, ...fieldsAbout(joined, about) }
}

/** The fields of a frame that describe these people. */
export function fieldsAbout(usernames: readonly string[], about: About): About {
  const fields: Record<string, Readonly<Record<string, string>>> = {}
  for (const [field, told] of Object.entries(about)) {
    const entries = usernames.flatMap((username) => {
      const text = Object.hasOwn(told, username) ? told[username] : undefined
      return text === undefined ? [] : [[username, text] as const]
    })
    if (entries.length > 0) fields[field] = Object.fromEntries(entries)
  }
  return fields
}
