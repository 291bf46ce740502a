import { CloseCode, type Handles } from '../channels/index.ts'
import { type Change, StreamConsumer } from '../streams/index.ts'
import { announceMember } from './announcements.ts'
import { membersGroup, type RoomLeft } from './groups.ts'
import { enterRoom, type Room } from './rooms.ts'

/**
 * A connection to something in a room, which `:room` in its path names: opening it joins an open room, and it is closed when
 * its person leaves the room.
 */
export abstract class RoomConsumer<Changed extends Change>
  extends StreamConsumer<Changed>
  implements Handles<RoomLeft>
{
  #room: Room | undefined

  /** Runs when `connect` has found the room. */
  protected abstract enter(room: Room): Promise<void>

  override async connect(): Promise<void> {
    const room = await enterRoom(this.app.database, this.scope.params.room ?? '', this.identity.user.id)
    if (!room) return this.close(CloseCode.notFound, 'no such room')
    if (!room.joined) announceMember(this.app, room, this.identity.user.id)
    this.#room = room
    await this.groupAdd(membersGroup(room.id))
    await this.enter(room)
  }

  /** @throws before `connect` has found it */
  protected get room(): Room {
    if (!this.#room) throw new Error('a room was asked for before it was found')
    return this.#room
  }

  /** Whether `connect` has found the room. */
  protected get hasEntered(): boolean {
    return this.#room !== undefined
  }

  'room.left'(event: RoomLeft): void {
    if (event.user === this.identity.user.id) this.close(CloseCode.forbidden, 'you left this room')
  }
}
