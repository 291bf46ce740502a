import { BlockedFrame, type BlocksChanged, blocksGroup } from '../accounts/index.ts'
import { FrameError, type Handles, JsonConsumer, type Receives, type SentFrames } from '../channels/index.ts'
import { type DraftChanged, DraftFrame, draftsGroup } from '../drafts/index.ts'
import { type JobChanged, JobFrame, jobsGroup, jobsUnderWay } from '../exports/index.ts'
import { isLogged } from '../storage/index.ts'
import { boxFrames } from './boxes.ts'
import { type ClientFrame, checkFrame } from './protocol.ts'
import { RoomFrame, RoomsFrame } from './room-list-frames.ts'

/**
 * One person's connection to everything that concerns them on any page: their list of rooms, their notifications, the progress
 * of their jobs, their drafts on other devices, and the people they have blocked.
 */
export class NotificationsConsumer
  extends JsonConsumer
  implements Receives<ClientFrame>, Handles<JobChanged | DraftChanged | BlocksChanged>
{
  static override readonly keyScope = 'read'
  static override readonly frames = checkFrame
  static override readonly sends: SentFrames = {
    ...JsonConsumer.sends,
    ...boxFrames,
    rooms: RoomsFrame,
    room: RoomFrame,
    job: JobFrame,
    draft: DraftFrame,
    blocked: BlockedFrame,
  }
  static override readonly frameScopes = { seen: 'write' } as const

  #unfollow: (() => void)[] = []
  /** Those whom the person had blocked when this device was told last, in one order. */
  #blocked: string | undefined

  override async connect(): Promise<void> {
    const { scopes, user } = this.identity
    const { id, name } = user
    // A program with a person's key is not that person at a page, and does not keep their devices quiet.
    if (!scopes) this.app.rooms.online.arrive(name, this.channel)
    this.#unfollow.push(await this.app.roomLists.follow(id, (frame) => this.sendJson(frame)))
    this.#unfollow.push(await this.app.notifications.follow(id, (frame) => this.sendJson(frame)))
    // A member of the group first: what changes while the jobs are read is then told after them.
    await this.groupAdd(jobsGroup(id))
    // Nobody but the person at their own devices: no program with a key of theirs.
    if (!scopes) for (const group of [draftsGroup(id), blocksGroup(id)]) await this.groupAdd(group)
    for (const job of await jobsUnderWay(this.app, id)) this.sendJson(job)
    if (!scopes) await this.#tellBlocked()
  }

  'jobs.changed'({ frame }: JobChanged): void {
    this.sendJson(frame)
  }

  'drafts.changed'({ frame }: DraftChanged): void {
    this.sendJson(frame)
  }

  /** All of them each time: what was lost on the way is made up for by the next. */
  'blocks.changed'(): Promise<void> {
    return this.#tellBlocked()
  }

  async receiveSeen({ id }: ClientFrame): Promise<void> {
    try {
      await this.app.notifications.markSeen(this.identity.user.id, id)
    } catch (error) {
      if (!isLogged(error)) this.log.error({ err: error }, 'what somebody has seen could not be stored')
      throw new FrameError('internal', 'this could not be saved; send it again')
    }
  }

  async #tellBlocked(): Promise<void> {
    const people = await this.app.blocks.namesOf(this.identity.user.id)
    const blocked = [...people].sort().join()
    if (blocked === this.#blocked) return
    this.#blocked = blocked
    this.sendJson({ type: 'blocked', people: [...people] })
  }

  override disconnect(): void {
    this.app.rooms.online.leave(this.identity.user.name, this.channel)
    for (const unfollow of this.#unfollow) unfollow()
  }
}
