import { JsonConsumer } from '../channels/index.ts'

/** One person's connection to what concerns them wherever they are: their list of rooms. */
export class NotificationsConsumer extends JsonConsumer {
  #unfollow: (() => void) | undefined

  override async connect(): Promise<void> {
    const { roomLists } = this.app
    const { rooms, unfollow } = await roomLists.follow(this.identity.user.id, (frame) => this.sendJson(frame))
    this.#unfollow = unfollow
    this.sendJson({ type: 'rooms', rooms })
  }

  override disconnect(): void {
    this.#unfollow?.()
  }
}
