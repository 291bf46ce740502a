import type { PresenceChanged } from '../live/presence.ts'
import { type Handles, JsonConsumer } from './consumer.ts'

/** Names in a welcome. */
const ONLINE_NAMES = 200

/** Who is in a group: at most 200 names, and how many there are in all. */
export interface Online {
  readonly names: readonly string[]
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
    return this.app.presence.list(group, ONLINE_NAMES)
  }

  'presence.changed'(event: PresenceChanged): void {
    const { frame, names } = announcementOf(event)
    const { name } = this.identity.user
    if (!names.has(name)) return this.sendLossy(frame)
    const joined = event.joined.filter((other) => other !== name)
    const left = event.left.filter((other) => other !== name)
    if (joined.length > 0 || left.length > 0) this.sendLossy({ type: 'presence', joined, left })
  }

  override disconnect(_code: number): void {
    if (this.#group !== undefined) this.app.presence.leave(this.#group, this.identity.user.name, this.channel)
  }
}

interface Announcement {
  readonly frame: object
  readonly names: ReadonlySet<string>
}

const announcements = new WeakMap<PresenceChanged, Announcement>()

/** One frame for each event, so that it is encoded once for all who get it, and the names that it is about. */
function announcementOf(event: PresenceChanged): Announcement {
  const { joined, left } = event
  const known = announcements.get(event) ?? {
    frame: { type: 'presence', joined, left },
    names: new Set([...joined, ...left]),
  }
  announcements.set(event, known)
  return known
}
