import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import type { TimeZones } from '../accounts/index.ts'
import type { ChannelLayer } from '../channels/index.ts'
import { type Repetition, repeat } from '../repeat.ts'
import { listGroup } from '../rooms/index.ts'
import { type Database, isLogged } from '../storage/index.ts'
import { composeNotifications } from './compose.ts'
import { inBatches } from './in-batches.ts'
import { NotificationFrame, WITHDRAWN } from './notification.ts'
import {
  CHANGES_AT_ONCE,
  changesAfter,
  type Landmark,
  type LoggedChange,
  latestChange,
  latestSince,
  newestLandmark,
} from './notification-log.ts'
import { notificationsOf, unseenNotifications, unseenOf } from './notification-rows.ts'
import { quietPeople } from './quiet-hours.ts'
import { markSeen } from './seen.ts'

const Id = Type.Integer({ description: 'of a notification' })

/** Frames for a device of a person. */
export const boxFrames = {
  notification: NotificationFrame,
  seen: Type.Object({ type: Type.Literal('seen'), id: Id }),
  withdrawn: Type.Object({ type: Type.Literal('withdrawn'), id: Id }),
  unseen: Type.Object({ type: Type.Literal('unseen'), unseen: Type.Integer() }),
  reset: Type.Object({ type: Type.Literal('reset') }),
}
export type BoxFrame = Static<(typeof boxFrames)[keyof typeof boxFrames]>

/** Called with the people whose notifications have changed, among those who are connected here. */
export type BoxListener = (users: readonly number[]) => void
/** Is told to whom notifications were added, and how many in all. */
type AddedListener = (users: readonly number[], added: number) => void

/** The layer's group on which processes tell each other that there are changes. */
const GROUP = 'notifications'

/** Milliseconds between two looks, in case the layer lost an event, or the process that stored a change sent none. */
const LOOK_INTERVAL = 1_000

/** Milliseconds in which the processes are told once, and in which what was read is counted once. */
const GATHER = 50
const COUNT_INTERVAL = 300

/** Unseen notifications that a device gets when it connects. */
const UNSEEN = 50

interface Device {
  readonly tell: (frame: BoxFrame) => void
  /** The `id` of the last notification that it knows of: ids become visible in their order. */
  last: number
  /** The number of unseen notifications that it was told. */
  unseen?: number
  /** Frames that came while the unseen notifications were read, to be sent after them. */
  held?: BoxFrame[] | undefined
}

/** The notifications of a person as they are when somebody looks. */
interface Present {
  readonly frames: readonly NotificationFrame[]
  readonly unseen: number
  /** The `id` of the last notification that there is. */
  readonly last: number
}

/** The notifications of one person, who may follow them on many devices. */
interface Box {
  readonly user: number
  readonly channel: string
  readonly devices: Set<Device>
}

/**
 * The notifications of people who are connected to this process. All changes are numbered, and each process looks for those
 * after the last one that it knows: when it is told to, and once a second.
 */
export class Boxes {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #timeZones: TimeZones
  readonly #log: FastifyBaseLogger
  readonly #boxes = new Map<number, Box>()
  readonly #listeners: BoxListener[] = []
  readonly #addedListeners: AddedListener[] = []
  readonly #uncounted = new Set<number>()
  /** Boxes of which all is told anew, since the database went back. */
  readonly #outdated = new Set<Box>()
  readonly #restartListeners: (() => void)[] = []
  #rev = 0
  #landmark: Landmark | undefined
  #looking: Promise<void> | undefined
  #again = false
  #waking: NodeJS.Timeout | undefined
  #repetitions: Repetition[] = []

  constructor(database: Database, layer: ChannelLayer, timeZones: TimeZones, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#timeZones = timeZones
    this.#log = log
  }

  /** Takes what there is as looked at, and begins to look. To be called once, before anybody comes. */
  async start(): Promise<void> {
    await this.#remember()
    const channel = this.#layer.newChannel(() => {
      this.#look().catch(this.#complain)
      return true
    })
    await this.#layer.groupAdd(GROUP, channel)
    this.#repetitions = [
      repeat(LOOK_INTERVAL, this.#complain, () => this.#look()),
      repeat(COUNT_INTERVAL, this.#complain, () => this.#count()),
      repeat(COUNT_INTERVAL, this.#complain, () => this.#tellAnew()),
    ]
  }

  async close(): Promise<void> {
    clearTimeout(this.#waking)
    await Promise.all(this.#repetitions.map((repetition) => repetition.stop()))
  }

  /** Calls back whenever people who are connected here have other notifications than before. */
  onChange(listener: BoxListener): void {
    this.#listeners.push(listener)
  }

  /** Calls back with the people to whom notifications were added, connected or not: in every process. */
  onAdded(listener: AddedListener): void {
    this.#addedListeners.push(listener)
  }

  /** Calls back when the database went back to an earlier state, or to another one. */
  onRestart(listener: () => void): void {
    this.#restartListeners.push(listener)
  }

  /** Has all processes look, once what was added is committed. */
  wake(): void {
    this.#waking ??= setTimeout(() => {
      this.#waking = undefined
      this.#layer
        .groupSend(GROUP, { type: 'notifications.changed' })
        .catch((error) =>
          this.#log.warn(
            { err: error },
            'processes were not told of notifications; they will find out themselves',
          ),
        )
    }, GATHER).unref()
  }

  /**
   * Follows the notifications of a person: the device gets the unseen, in rising `id`, and then each change.
   * @returns a function that ends it
   * @throws what the database throws
   */
  async follow(user: number, tell: Device['tell']): Promise<() => void> {
    const box = this.#boxes.get(user) ?? this.#open(user)
    const device: Device = { tell, last: 0, held: [] }
    const leave = () => {
      box.devices.delete(device)
      this.#closeIfUnused(box)
    }
    // Before anything is read: of what changes meanwhile, this device would hear from nobody else.
    box.devices.add(device)
    try {
      await this.#layer.groupAdd(listGroup(user), box.channel)
      const present = await this.#presentOf(user)
      device.unseen ??= present.unseen
      tellPresent(device, present)
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  /** The frames that a device is sent when it connects. */
  async #presentOf(user: number): Promise<Present> {
    const latest = await latestChange(this.#database)
    const stored = await unseenNotifications(this.#database, user, UNSEEN)
    const composed = await composeNotifications(this.#database, stored.toReversed())
    const unseen = stored.length < UNSEEN ? composed.length : (await unseenOf(this.#database, user)).count
    const frames = composed.map(({ frame }) => frame)
    return { frames, unseen, last: Math.max(latest, stored[0]?.id ?? 0) }
  }

  readonly #complain = (error: unknown) => {
    if (!isLogged(error))
      this.#log.warn({ err: error }, 'notifications could not be looked up; this will be tried again')
  }

  #open(user: number): Box {
    const box: Box = {
      user,
      channel: this.#layer.newChannel(() => {
        // Notifications of messages that were read count as seen, and those from rooms that the person has lost access to are gone.
        this.#uncounted.add(user)
        return true
      }),
      devices: new Set(),
    }
    this.#boxes.set(user, box)
    return box
  }

  #closeIfUnused(box: Box): void {
    if (box.devices.size > 0 || this.#boxes.get(box.user) !== box) return
    this.#boxes.delete(box.user)
    this.#outdated.delete(box)
    this.#layer
      .closeChannel(box.channel)
      .catch((error) => this.#log.warn({ err: error }, 'the channel of a person was not closed'))
  }

  /** Looks for changes. When this resolves, everything is known here that was committed before the call. */
  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true
      return this.#looking
    }
    this.#looking = (async () => {
      do {
        this.#again = false
        await this.#readChanges()
      } while (this.#again)
    })().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #readChanges(): Promise<void> {
    for (;;) {
      const { latest, stands } = await latestSince(this.#database, this.#landmark)
      if (latest < this.#rev || !stands) return this.#restart()
      if (latest === this.#rev) return
      const changes = await changesAfter(this.#database, this.#rev, latest)
      await this.#tell(changes.filter(({ user }) => this.#boxes.has(user)))
      this.#tellAdded(changes)
      await this.#moveLandmark(changes)
      this.#rev = changes.length < CHANGES_AT_ONCE ? latest : (changes.at(-1)?.rev ?? latest)
    }
  }

  #tellAdded(changes: readonly LoggedChange[]): void {
    const added = changes.filter((change) => 'id' in change && change.event !== WITHDRAWN)
    const users = [...new Set(added.map(({ user }) => user))]
    if (users.length > 0) for (const listener of this.#addedListeners) listener(users, added.length)
  }

  /** The newest notification is the landmark. One that was withdrawn is deleted some time. */
  async #moveLandmark(changes: readonly LoggedChange[]): Promise<void> {
    for (const change of changes) {
      if (!('id' in change)) continue
      if (change.event !== WITHDRAWN && change.id > (this.#landmark?.id ?? 0)) this.#landmark = change
      else if (change.event === WITHDRAWN && change.id === this.#landmark?.id)
        this.#landmark = await newestLandmark(this.#database)
    }
  }

  /** The database went back: what was told may be gone, and other things may have its numbers. */
  async #restart(): Promise<void> {
    this.#log.warn(
      { from: this.#rev },
      'the database went back to an earlier state: everyone connected here gets all notifications again',
    )
    await this.#remember()
    for (const box of this.#boxes.values()) this.#outdated.add(box)
    for (const listener of this.#restartListeners) listener()
  }

  /** Takes what there is as told. */
  async #remember(): Promise<void> {
    // In this order: a landmark that is newer than the number would be taken for another history's if it were taken back.
    this.#landmark = await newestLandmark(this.#database)
    this.#rev = await latestChange(this.#database)
  }

  async #tellAnew(): Promise<void> {
    await inBatches([...this.#outdated], (few) => Promise.all(few.map((box) => this.#tellBoxAnew(box))))
  }

  async #tellBoxAnew(box: Box): Promise<void> {
    // Those who come from here on are told what there is now.
    const devices = [...box.devices].filter(({ held }) => held === undefined)
    for (const device of devices) device.held = []
    try {
      const present = await this.#presentOf(box.user)
      for (const device of devices) {
        device.unseen = present.unseen
        device.tell({ type: 'reset' })
        tellPresent(device, present)
      }
      this.#outdated.delete(box)
    } catch (error) {
      for (const device of devices) device.held = undefined
      throw error
    }
  }

  async #tell(changes: readonly LoggedChange[]): Promise<void> {
    if (changes.length === 0) return
    const added = changes.flatMap((change) =>
      'id' in change && change.event !== WITHDRAWN ? [change.id] : [],
    )
    const composed = await composeNotifications(this.#database, await notificationsOf(this.#database, added))
    const quiet = await quietPeople(this.#database, this.#timeZones, [
      ...new Set(composed.map(({ user }) => user)),
    ])
    for (const { user, frame } of composed.sort((a, b) => a.frame.id - b.frame.id))
      for (const device of this.#boxes.get(user)?.devices ?? [])
        tellDevice(device, quiet.has(user) ? { ...frame, quiet: true } : frame)
    for (const change of changes) {
      const frame = 'seen' in change ? ({ type: 'seen', id: change.seen } as const) : withdrawal(change)
      if (!frame) continue
      for (const device of this.#boxes.get(change.user)?.devices ?? []) tellDevice(device, frame)
    }
    const users = [...new Set(changes.map(({ user }) => user))]
    await this.#countOf(users)
    for (const listener of this.#listeners) listener(users)
  }

  async #count(): Promise<void> {
    const users = [...this.#uncounted]
    this.#uncounted.clear()
    await this.#countOf(users)
  }

  /** Counts what people have not seen, and tells those for whom it is another number than before. */
  async #countOf(users: readonly number[]): Promise<void> {
    const here = users.filter((user) => this.#boxes.has(user))
    await inBatches(here, (few) => Promise.all(few.map((user) => this.#countFor(user))))
  }

  async #countFor(user: number): Promise<void> {
    const { count, seenUpTo } = await unseenOf(this.#database, user)
    for (const device of this.#boxes.get(user)?.devices ?? []) {
      if (device.unseen === count) continue
      device.unseen = count
      tellDevice(device, { type: 'unseen', unseen: count })
    }
    // Notifications of messages that were read in their room are not shown as new.
    if (seenUpTo !== undefined && (await markSeen(this.#database, user, seenUpTo))) this.wake()
  }
}

/** Tells a device what there is, and then what has come meanwhile. */
function tellPresent(device: Device, { frames, last, unseen }: Present): void {
  for (const frame of frames) device.tell(frame)
  device.tell({ type: 'unseen', unseen })
  device.last = last
  const held = device.held ?? []
  device.held = undefined
  for (const frame of held) tellDevice(device, frame)
}

/** Tells a device of something once: after what it is being told, and no notification that it knows. */
function tellDevice(device: Device, frame: BoxFrame): void {
  if (device.held) device.held.push(frame)
  else if (frame.type !== 'notification') device.tell(frame)
  else if (frame.id > device.last) {
    device.last = frame.id
    device.tell(frame)
  }
}

function withdrawal(change: LoggedChange): BoxFrame | undefined {
  return 'id' in change && change.event === WITHDRAWN ? { type: 'withdrawn', id: change.id } : undefined
}
