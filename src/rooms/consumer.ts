import type { Actor } from '../audit/index.ts'
import {
  CloseCode,
  FrameError,
  type Handles,
  type JsonConsumer,
  type RequiredScope,
  type SentFrames,
} from '../channels/index.ts'
import { type Change, StreamConsumer } from '../streams/index.ts'
import { type Action, isMuted, may } from './access.ts'
import { announceMember } from './announcements.ts'
import type { Visit, Visitor } from './attendance.ts'
import { type Ending, gone } from './endings.ts'
import { Glance, type GlanceEvent, type Part } from './glances.ts'
import { mutedError } from './mutes.ts'
import { enterRoom, type Person, type Room } from './rooms.ts'
import { PersonFrame } from './shown-people.ts'

/**
 * A visitor on a socket. It is a class, since thousands are connected, and a closure for each would take as much memory as a short
 * message.
 */
class ConnectedVisitor implements Visitor {
  readonly #consumer: JsonConsumer
  readonly #hearsOfPeople: boolean

  constructor(consumer: JsonConsumer, hearsOfPeople: boolean) {
    this.#consumer = consumer
    this.#hearsOfPeople = hearsOfPeople
  }

  person(): Person {
    return this.#consumer.identity.user
  }

  end({ code, reason }: Ending): void {
    this.#consumer.close(code, reason)
  }

  tell(frame: object): void {
    if (this.#hearsOfPeople) this.#consumer.sendLossy(frame)
  }

  /** Has the client connect again, which joins the room. */
  reopened(): void {
    this.#consumer.close(CloseCode.restarting, '0')
  }
}

/**
 * A connection to something in a room, which `:room` in its path names: opening it joins an open room, and it is closed when
 * its person may not be there any more. Each frame is refused if its person may not speak in the room, other than those of types
 * in `static harmless`.
 */
export abstract class RoomConsumer<Changed extends Change>
  extends StreamConsumer<Changed>
  implements Handles<GlanceEvent>
{
  /** A key that may read a room may follow it, and one that may write may send frames to it. */
  static override readonly keyScope: RequiredScope | undefined = 'read'
  static override readonly otherFrameScope: RequiredScope | undefined = 'write'
  static override readonly sends: SentFrames = {
    ...StreamConsumer.sends,
    glance: Glance,
    person: PersonFrame,
  }
  /** Types of frames that change nothing that others see. */
  static readonly harmless: ReadonlySet<string> = new Set()

  /** The part of a room that it follows, if it is one: then it is told what happens in the other. */
  protected readonly part: Part | undefined = undefined

  #room: Room | undefined
  #visit: Visit | undefined

  /** Runs when `connect` has found the room. */
  protected abstract enter(room: Room): Promise<void>

  override async connect(): Promise<void> {
    const { rooms, database } = this.app
    const room = await enterRoom(database, this.scope.params.room ?? '', this.identity.user)
    if (!room) return this.close(gone.code, gone.reason)
    if (!may(room, 'see')) return this.close(CloseCode.forbidden, 'you were removed from this room')
    if (room.isNew) announceMember(this.app, room, this.identity.user.id)
    this.#room = room
    this.#visit = await rooms.attendance.arrive(room, new ConnectedVisitor(this, this.part !== undefined))
    await this.enter(room)
  }

  'room.glance'({ glance }: GlanceEvent): void {
    if (glance.part !== this.part) this.sendLossy(glance)
  }

  override disconnect(code: number): void {
    if (this.#visit) this.app.rooms.attendance.leave(this.#visit)
    super.disconnect(code)
  }

  /** @throws before `connect` has found it */
  protected get room(): Room {
    if (!this.#room) throw new Error('a room was asked for before it was found')
    return this.#room
  }

  /** True if `connect` has found the room. */
  protected get hasEntered(): boolean {
    return this.#room !== undefined
  }

  /** The person, if they may delete what others said in the room now. */
  protected get moderator(): Actor | undefined {
    const { administrator, id } = this.identity.user
    return this.may('moderate') ? { user: id, address: this.scope.client.address, administrator } : undefined
  }

  /** Tells whether the person may do something in the room now. */
  protected may(action: Action): boolean {
    return this.#visit !== undefined && may(this.#visit.access, action)
  }

  protected override permit({ type }: { readonly type: string }): void {
    const { harmless } = this.constructor as typeof RoomConsumer
    if (harmless.has(type) || this.may('speak')) return
    if (this.#visit && !this.#visit.access.archived && isMuted(this.#visit.access))
      throw mutedError(this.#visit.access)
    throw new FrameError('forbidden', 'this room is archived: nothing in it can be changed')
  }
}
