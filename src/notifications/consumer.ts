import { BlockedFrame, type BlocksChanged, blocksGroup } from '../accounts/index.ts'
import { FrameError, type Handles, JsonConsumer, type Receives, type SentFrames } from '../channels/index.ts'
import { type DraftChanged, DraftFrame, draftsGroup } from '../drafts/index.ts'
import { type JobChanged, JobFrame, jobsGroup, jobsUnderWay } from '../exports/index.ts'
import { isLogged } from '../storage/index.ts'
import { boxFrames } from './boxes.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame } from './protocol.ts'
import { RoomFrame, RoomsFrame } from './room-list-frames.ts'
import { StatusesFrame } from './watched-statuses.ts'

/**
 * One person's connection to everything that concerns them on any page: their list of rooms, their notifications, the progress
 * of their jobs, their drafts on other devices, the people they have blocked, and the statuses of people shown on a page.
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
    statuses: StatusesFrame,
  }
  static override readonly frameScopes = { seen: 'write' } as const

  #unfollow: (() => void)[] = []
  #unwatch: (() => void) | undefined
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

  async receiveSeen({ id }: ClientFrameOf<'seen'>): Promise<void> {
    try {
      await this.app.notifications.markSeen(this.identity.user.id, id)
    } catch (error) {
      if (!isLogged(error)) this.log.error({ err: error }, 'what somebody has seen could not be stored')
      throw new FrameError('internal', 'this could not be saved; send it again')
    }
  }

  /** Follows the statuses of these people in place of those before. */
  async receiveWatch({ people }: ClientFrameOf<'watch'>): Promise<void> {
    this.#unwatch?.()
    this.#unwatch = undefined
    try {
      this.#unwatch = await this.app.watchedStatuses.watch(people, (frame) => this.sendJson(frame))
    } catch (error) {
      if (!isLogged(error)) this.log.error({ err: error }, 'the statuses of people could not be read')
      throw new FrameError('internal', 'these statuses could not be read; ask again')
    }
  }

  async #tellBlocked(): Promise<void> {
    const { hooks, people } = await this.app.blocks.namesByKind(this.identity.user.id)
    const blocked = [...people, ...hooks].sort().join()
    if (blocked === this.#blocked) return
    this.#blocked = blocked
    this.sendJson({ type: 'blocked', people, hooks })
  }

  override disconnect(): void {
    this.app.rooms.online.leave(this.identity.user.name, this.channel)
    this.#unwatch?.()
    for (const unfollow of this.#unfollow) unfollow()
  }
}
