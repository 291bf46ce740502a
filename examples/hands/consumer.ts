import { rowSize } from '../../src/accounts/index.ts'
import type { ConsumerClass, Receives } from '../../src/channels/index.ts'
import { RoomConsumer } from '../../src/rooms/index.ts'
import { type Count, findHands, type HandsStreams } from './hands.ts'
import { frames, type RaiseFrame, sentFrames } from './protocol.ts'

/** Follows the hands of a room, and takes those of its person. */
export function handsConsumer({ feeds, writer }: HandsStreams): ConsumerClass {
  return class HandsConsumer extends RoomConsumer<Count> implements Receives<RaiseFrame> {
    static override readonly frames = frames
    static override readonly sends = { ...RoomConsumer.sends, ...sentFrames }
    #stream = 0

    protected override async enter(room: { readonly id: number }): Promise<void> {
      this.#stream = await findHands(this.app.database, room.id)
      await this.follow(feeds, this.#stream, {})
    }

    async receiveRaise({ on, id }: RaiseFrame): Promise<void> {
      const by = this.identity.user.id
      // Stored data counts towards the space of the person it belongs to.
      const stored = this.app.usage.keep(by, rowSize(), (fits) => writer.run(this.#stream, { by, on, fits }))
      const { rev } = await this.stored(stored)
      this.done(id, rev)
    }
  }
}
