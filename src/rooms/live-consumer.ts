import { Type } from 'typebox'
import { JsonConsumer, type LiveState, type SentFrames } from '../channels/index.ts'
import { RoomConsumer } from './consumer.ts'
import type { Room } from './rooms.ts'

/** Keys that a new connection is told of. */
const KEYS_TOLD = 200

/** Returns the schema of the frame that carries a live state: all of it at first, and its changes afterwards. */
export function liveFrame(name: string) {
  return Type.Object({
    type: Type.Literal(`${name}.changed`),
    set: Type.Record(Type.String(), Type.String(), { description: 'what people have there, by username' }),
    gone: Type.Array(Type.String(), { description: 'those who no longer have anything there' }),
  })
}

/**
 * A connection to live state of a room, such as where people point. Its client is welcomed and told what is there, as a frame
 * `{"type":"NAME.changed","set":{…},"gone":[…]}`; what changes comes to the event handler of that name.
 */
export abstract class LiveRoomConsumer extends RoomConsumer<never> {
  static override readonly sends: SentFrames = {
    ...JsonConsumer.sends,
    welcome: Type.Object({ type: Type.Literal('welcome'), user: Type.String(), rev: Type.Integer() }),
  }
  static override readonly query = undefined

  /** Opened by `app.liveState`. */
  protected abstract readonly state: LiveState

  protected override async enter(_room: Room): Promise<void> {
    const { state } = this
    await this.groupAdd(this.#group)
    await state.watch(this.#group, this.channel)
    this.sendJson({ type: 'welcome', user: this.identity.user.name, rev: 0 })
    const set = Object.fromEntries(state.list(this.#group, KEYS_TOLD).entries)
    this.sendJson({ type: `${state.name}.changed`, set, gone: [] })
  }

  /** Sets what this person has in the room's live state, under their username. */
  protected hold(value: string): void {
    this.state.set(this.#group, this.identity.user.name, this.channel, value)
  }

  override disconnect(code: number): void {
    if (this.hasEntered) {
      this.state.clear(this.#group, this.identity.user.name, this.channel)
      this.state.unwatch(this.#group, this.channel)
    }
    super.disconnect(code)
  }

  get #group(): string {
    return `${this.state.name}.${this.room.id}`
  }
}
