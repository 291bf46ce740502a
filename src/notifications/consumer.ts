import { JsonConsumer } from '../channels/index.ts'

/** One person's connection to what concerns them wherever they are: their list of rooms. */
export class NotificationsConsumer extends JsonConsumer {
  #unfollow: (() => void) | undefined

  override async connect(): Promise<void> {
    const { id, name } = this.identity.user
    this.app.rooms.online.arrive(name, this.channel)
    this.#unfollow = await this.app.roomLists.follow(id, (frame) => this.sendJson(frame))
  }

  override disconnect(): void {
    this.app.rooms.online.leave(this.identity.user.name, this.channel)
    this.#unfollow?.()
  }
}
