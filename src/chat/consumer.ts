import { OutOfSpace } from '../accounts/index.ts'
import type { Handles, PresenceChanged } from '../channels/index.ts'
import { CloseCode, FeedConsumer, FrameError } from '../channels/index.ts'
import { isLogged } from '../storage/index.ts'
import { liveGroup, membersGroup, type RoomLeft } from './groups.ts'
import { tryMarkRead } from './memberships.ts'
import type { Posted } from './message-writer.ts'
import { type Message, messageFrame } from './messages.ts'
import { type ClientFrame, checkFrame } from './protocol.ts'
import { enterRoom, type Room } from './rooms.ts'
import type { TypingChanged } from './typing.ts'

/** One person's connection to a room. */
export class ChatConsumer
  extends FeedConsumer<ClientFrame, Message>
  implements Handles<PresenceChanged | TypingChanged | RoomLeft>
{
  #room: Room | undefined

  override async connect(): Promise<void> {
    const { database, chat } = this.app
    const room = await enterRoom(database, this.scope.params.room ?? '', this.identity.user.id)
    if (!room) return this.close(CloseCode.notFound, 'no such room')
    this.#room = room
    const { id, slug } = room
    await this.groupAdd(membersGroup(id))
    await this.follow({ feeds: chat.feeds, stream: id, group: liveGroup(id), about: { room: slug } })
  }

  protected override check(frame: Record<string, unknown>): ClientFrame {
    return checkFrame(frame)
  }

  protected override receiveJson(frame: ClientFrame): void | Promise<void> {
    if (frame.type === 'typing') return this.#type(frame.on)
    if (frame.type === 'read') return this.#read(frame.seq)
    return this.#say(frame.message, frame.id)
  }

  'chat.typing'(event: TypingChanged): void {
    for (const frame of event.frames) if (frame.sender !== this.identity.user.name) this.sendLossy(frame)
  }

  'chat.left'(event: RoomLeft): void {
    if (event.user === this.identity.user.id) this.close(CloseCode.forbidden, 'you left this room')
  }

  override disconnect(code: number): void {
    if (this.#room) this.#type(false)
    super.disconnect(code)
  }

  async #say(text: string, id: string | undefined): Promise<void> {
    this.#type(false)
    const { message, repeat } = await this.#store(text, id)
    if (repeat) this.sendJson({ ...messageFrame(message), repeat: true })
    else this.sendPromptly(message.rev)
  }

  async #store(text: string, id: string | undefined): Promise<Posted> {
    try {
      return await this.app.chat.writer.post(this.#here.id, this.identity.user, text, id)
    } catch (error) {
      if (error instanceof OutOfSpace) throw new FrameError('limit', error.message)
      if (!isLogged(error)) this.log.error({ err: error }, 'a message could not be stored')
      throw new FrameError('internal', 'this could not be stored; send it again')
    }
  }

  #read(seq: number): Promise<void> {
    const { app, log, rev } = this
    return tryMarkRead(app.database, log, this.#here.id, this.identity.user.id, Math.min(seq, rev))
  }

  #type(on: boolean): void {
    this.app.chat.typing.set(liveGroup(this.#here.id), this.identity.user.name, this.channel, on)
  }

  get #here(): Room {
    if (!this.#room) throw new Error('a frame came before the room was found')
    return this.#room
  }
}
