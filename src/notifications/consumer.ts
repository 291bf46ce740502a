import { FrameError, type Handles, JsonConsumer, type Receives, type SentFrames } from '../channels/index.ts'
import { type JobChanged, JobFrame, jobsGroup, jobsUnderWay } from '../exports/index.ts'
import { isLogged } from '../storage/index.ts'
import { boxFrames } from './boxes.ts'
import { type ClientFrame, checkFrame } from './protocol.ts'
import { RoomFrame, RoomsFrame } from './room-lists.ts'

/**
 * One person's connection to what concerns them wherever they are: their list of rooms, their notifications, and what becomes of
 * what they asked for.
 */
export class NotificationsConsumer
  extends JsonConsumer
  implements Receives<ClientFrame>, Handles<JobChanged>
{
  static override readonly keyScope = 'read'
  static override readonly frames = checkFrame
  static override readonly sends: SentFrames = {
    ...JsonConsumer.sends,
    ...boxFrames,
    rooms: RoomsFrame,
    room: RoomFrame,
    job: JobFrame,
  }
  static override readonly frameScopes = { seen: 'write' } as const

  #unfollow: (() => void)[] = []

  override async connect(): Promise<void> {
    const { scopes, user } = this.identity
    const { id, name } = user
    // A program with a person's key is not that person at a page, and does not keep their devices quiet.
    if (!scopes) this.app.rooms.online.arrive(name, this.channel)
    this.#unfollow.push(await this.app.roomLists.follow(id, (frame) => this.sendJson(frame)))
    this.#unfollow.push(await this.app.notifications.follow(id, (frame) => this.sendJson(frame)))
    // A member of the group first: what changes while the jobs are read is then told after them.
    await this.groupAdd(jobsGroup(id))
    for (const job of await jobsUnderWay(this.app, id)) this.sendJson(job)
  }

  'jobs.changed'({ frame }: JobChanged): void {
    this.sendJson(frame)
  }

  async receiveSeen({ id }: ClientFrame): Promise<void> {
    try {
      await this.app.notifications.markSeen(this.identity.user.id, id)
    } catch (error) {
      if (!isLogged(error)) this.log.error({ err: error }, 'what somebody has seen could not be stored')
      throw new FrameError('internal', 'this could not be stored; send it again')
    }
  }

  override disconnect(): void {
    this.app.rooms.online.leave(this.identity.user.name, this.channel)
    for (const unfollow of this.#unfollow) unfollow()
  }
}
