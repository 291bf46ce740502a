import type { Transaction } from 'kysely'
import type { TimeZones } from '../accounts/index.ts'
import type { Database, Tables } from '../storage/index.ts'
import { addNotifications, pushNotification } from './additions.ts'
import type { Boxes, BoxFrame } from './boxes.ts'
import type { NewNotification, Payload } from './notification.ts'
import { quietPeople } from './quiet-hours.ts'
import { markSeen } from './seen.ts'

/**
 * Keeps people's notifications until they have seen them.
 *
 * @example
 * await inTransaction(app.database, async (transaction) => {
 *   await app.notifications.add(transaction, [{ user: 7, event: 'reminder', room: 3, payload: { text: 'Call Zoë' } }])
 * })
 * app.notifications.wake()
 */
export class Notifications {
  readonly #database: Database
  readonly #boxes: Boxes
  readonly #timeZones: TimeZones

  constructor(database: Database, boxes: Boxes, timeZones: TimeZones) {
    this.#database = database
    this.#boxes = boxes
    this.#timeZones = timeZones
  }

  /**
   * Adds notifications in the transaction that causes them, as the last thing that it does. They are told of within a second, and
   * at once where `wake` is called after the transaction.
   * @returns their ids
   */
  add(transaction: Transaction<Tables>, notifications: readonly NewNotification[]): Promise<number[]> {
    return addNotifications(transaction, notifications)
  }

  /** Has what was added, and is committed, told at once, in whichever process its people are. */
  wake(): void {
    this.#boxes.wake()
  }

  /** Stores what another system pushes to a person. @param payload without a fault (`payloadFault`) @returns its id */
  async push(user: number, payload: Payload): Promise<number> {
    const id = await pushNotification(this.#database, user, payload)
    this.#boxes.wake()
    return id
  }

  /** Notes that a person has seen theirs up to one, and tells their other devices. */
  async markSeen(user: number, id: number): Promise<void> {
    if (await markSeen(this.#database, user, id)) this.#boxes.wake()
  }

  /** Tells whether a person has quiet hours now, in which no push disturbs them. */
  async isQuiet(user: number): Promise<boolean> {
    return (await quietPeople(this.#database, this.#timeZones, [user])).has(user)
  }

  /** @see Boxes.onAdded */
  onAdded(listener: (users: readonly number[]) => void): void {
    this.#boxes.onAdded(listener)
  }

  /** @see Boxes.follow */
  follow(user: number, tell: (frame: BoxFrame) => void): Promise<() => void> {
    return this.#boxes.follow(user, tell)
  }
}
