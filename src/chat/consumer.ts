import type { Handles, Receives } from '../channels/index.ts'
import { CloseCode } from '../channels/index.ts'
import { StreamConsumer } from '../streams/index.ts'
import type { MessageResult } from './commands.ts'
import { liveGroup, membersGroup, type RoomLeft } from './groups.ts'
import { tryMarkRead } from './memberships.ts'
import { type Message, messageFrame } from './messages.ts'
import { moderates } from './moderation.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame } from './protocol.ts'
import { enterRoom, type Room } from './rooms.ts'
import type { TypingChanged } from './typing.ts'

/** One person's connection to a room. */
export class ChatConsumer
  extends StreamConsumer<Message>
  implements Receives<ClientFrame>, Handles<TypingChanged | RoomLeft>
{
  static override readonly frames = checkFrame
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

  async receiveMessage({ message: text, id, reply }: ClientFrameOf<'message'>): Promise<void> {
    this.#type(false)
    const { chat } = this.app
    const posted = chat.writer.post(this.#here.id, this.identity.user, text, id, reply)
    const { message, changed } = await this.stored(posted)
    if (changed) this.sendPromptly(message.rev)
    else this.sendJson({ ...messageFrame(message), repeat: true })
  }

  receiveEdit({ seq, message, id }: ClientFrameOf<'edit'>): Promise<void> {
    return this.#change(id, this.app.chat.writer.edit(this.#here.id, this.identity.user, seq, message))
  }

  receiveDelete({ seq, id }: ClientFrameOf<'delete'>): Promise<void> {
    const { user } = this.identity
    const mayDeleteAny = moderates(user, this.#here)
    return this.#change(id, this.app.chat.writer.delete(this.#here.id, user, seq, mayDeleteAny))
  }

  receiveReact({ seq, emoji, on, id }: ClientFrameOf<'react'>): Promise<void> {
    return this.#change(id, this.app.chat.writer.react(this.#here.id, this.identity.user, seq, emoji, on))
  }

  receiveTyping({ on }: ClientFrameOf<'typing'>): void {
    this.#type(on)
  }

  receiveRead({ seq }: ClientFrameOf<'read'>): Promise<void> {
    const { app, log, rev } = this
    return tryMarkRead(app.database, log, this.#here.id, this.identity.user.id, Math.min(seq, rev))
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

  async #change(id: string | undefined, change: Promise<MessageResult>): Promise<void> {
    const { rev } = await this.stored(change)
    this.done(id, rev)
  }

  #type(on: boolean): void {
    this.app.chat.typing.set(liveGroup(this.#here.id), this.identity.user.name, this.channel, on)
  }

  get #here(): Room {
    if (!this.#room) throw new Error('a frame came before the room was found')
    return this.#room
  }
}
