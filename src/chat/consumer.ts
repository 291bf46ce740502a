import { randomUUIDv7 } from 'node:crypto'
import { keyOf } from '../accounts/index.ts'
import { FrameError, type Handles, type Receives, type SentFrames } from '../channels/index.ts'
import { type Action, presentGroup, type Room, RoomConsumer, tryMarkRead } from '../rooms/index.ts'
import type { MessageResult } from './commands.ts'
import { liveGroup } from './groups.ts'
import { type Message, messageFrame } from './message.ts'
import { type ClientFrame, type ClientFrameOf, checkFrame, type SeenFrame, sentFrames } from './protocol.ts'
import { type SeenChanged, seenFor } from './seen.ts'
import type { RunCommand } from './text-commands.ts'
import { type TypingChanged, typingFrame, typingFrames } from './typing.ts'

/** People who type that a new connection is told of. */
const TYPISTS_TOLD = 50

/** One person's connection to the chat of a room. */
export class ChatConsumer
  extends RoomConsumer<Message>
  implements Receives<ClientFrame>, Handles<TypingChanged | SeenChanged>
{
  static override readonly keyScope = 'read'
  static override readonly frames = checkFrame
  static override readonly sends: SentFrames = { ...RoomConsumer.sends, ...sentFrames }
  static override readonly frameScopes = {
    message: 'write',
    edit: 'write',
    delete: 'write',
    react: 'write',
    preview: 'write',
    typing: 'write',
    read: 'write',
    seen: 'read',
  } as const
  static override readonly harmless = new Set(['read', 'seen'])

  protected override readonly part = 'talk'
  #preview: AbortController | undefined
  /** True if somebody may see this connection type: until then there is nothing to take back. */
  #isTyping = false
  /** The read positions that this connection was told last; undefined: it did not ask. */
  #seen: SeenFrame | undefined

  protected override async enter({ id, slug }: Room): Promise<void> {
    await this.groupAdd(liveGroup(id))
    await this.follow(this.app.chat.feeds, id, { room: slug }, presentGroup(id))
    await this.#tellTyping(liveGroup(id))
  }

  /**
   * A message may be one that was stored before the room was archived, which has to be looked up, and a command decides for itself
   * what its person may do.
   */
  protected override permit(frame: ClientFrame): void {
    const decidesLater =
      frame.type === 'message' &&
      this.may('see') &&
      (frame.id !== undefined || this.app.chat.commands.find(frame.message) !== undefined)
    if (!decidesLater) super.permit(frame)
  }

  receiveMessage(frame: ClientFrameOf<'message'>): Promise<void> {
    this.#type(false)
    this.#preview?.abort()
    const run = this.app.chat.commands.find(frame.message)
    if (run) return this.#runCommand(run, frame)
    return this.may('speak') ? this.#post(frame) : this.#postAgain(frame)
  }

  async #runCommand(
    run: RunCommand,
    { message: text, id = randomUUIDv7(), zone }: ClientFrameOf<'message'>,
  ): Promise<void> {
    const by = { by: this.identity.user, key: keyOf(this.identity) }
    const may = (action: Action) => this.may(action)
    const { notice } = await run({ room: this.room, ...by, may, text, id, zone })
    this.sendJson({ type: 'notice', id, notice })
  }

  /** Answers a message that was stored before its sender might say nothing more. */
  async #postAgain(frame: ClientFrameOf<'message'>): Promise<void> {
    const { id } = frame
    const isAgain =
      id !== undefined && (await this.app.chat.writer.hasPosted(this.room.id, this.identity.user, id))
    if (!isAgain) super.permit({ type: 'message' })
    return this.#post(frame)
  }

  async #post({ message: text, id, reply, files }: ClientFrameOf<'message'>): Promise<void> {
    const { position } = this
    const { writer } = this.app.chat
    const posted = writer.post(this.room.id, this.identity.user, text, id, reply, files)
    const { message, changed } = await this.stored(posted)
    if (changed && this.arrives(message.rev, position)) this.sendPromptly(message.rev)
    else this.sendJson({ ...messageFrame(message), repeat: true })
  }

  receiveEdit({ seq, message, id }: ClientFrameOf<'edit'>): Promise<void> {
    return this.#change(id, this.app.chat.writer.edit(this.room.id, this.identity.user, seq, message))
  }

  receiveDelete({ seq, id }: ClientFrameOf<'delete'>): Promise<void> {
    const { user } = this.identity
    return this.#change(id, this.app.chat.writer.delete(this.room.id, user, seq, this.moderator))
  }

  receiveReact({ seq, emoji, on, id }: ClientFrameOf<'react'>): Promise<void> {
    return this.#change(id, this.app.chat.writer.react(this.room.id, this.identity.user, seq, emoji, on))
  }

  /** Not waited for: what is said next is not held up by a preview, and a newer preview takes its place. */
  receivePreview({ message, id }: ClientFrameOf<'preview'>): void {
    this.#preview?.abort()
    const mine = new AbortController()
    this.#preview = mine
    void this.app.chat.values
      .preview(this.room.id, this.identity.user, message, mine.signal)
      .then((values) => {
        if (!mine.signal.aborted)
          this.sendJson({ type: 'preview', ...(id === undefined ? {} : { id }), values })
      })
      .catch((error: unknown) => {
        if (!(error instanceof FrameError)) throw error
        if (!mine.signal.aborted) this.sendError(error, id)
      })
  }

  receiveTyping({ on, id }: ClientFrameOf<'typing'>): void {
    this.#type(on)
    this.done(id, this.rev)
  }

  async receiveRead({ seq, id }: ClientFrameOf<'read'>): Promise<void> {
    const read = Math.min(seq, this.rev)
    const isStored = await tryMarkRead(this.app, this.log, this.room.id, this.identity.user.id, read)
    if (!isStored && id !== undefined)
      throw new FrameError('internal', 'this could not be saved; send it again')
    if (isStored) this.app.chat.seen.tell(this.room.id)
    this.done(id, this.rev)
  }

  /** Tells who has seen what, now and whenever it changes. */
  async receiveSeen({ id }: ClientFrameOf<'seen'>): Promise<void> {
    const frame = await this.app.chat.seen.frame(this.room.id)
    this.#seen = undefined
    this.#tellSeen(frame, true)
    this.done(id, this.rev)
  }

  'seen.changed'({ frame }: SeenChanged): void {
    this.#tellSeen(frame, false)
  }

  'typing.changed'(event: TypingChanged): void {
    for (const frame of typingFrames(event))
      if (frame.sender !== this.identity.user.name) this.sendLossy(frame)
  }

  override disconnect(code: number): void {
    this.#preview?.abort()
    if (this.hasEntered) {
      this.#type(false)
      this.app.chat.typing.unwatch(liveGroup(this.room.id), this.channel)
    }
    super.disconnect(code)
  }

  /** Tells who is typing now; what changes comes as events. */
  async #tellTyping(group: string): Promise<void> {
    const { typing } = this.app.chat
    await typing.watch(group, this.channel)
    for (const sender of typing.keys(group, TYPISTS_TOLD).keys)
      if (sender !== this.identity.user.name) this.sendLossy(typingFrame(sender, true))
  }

  /** @param isAsked whether it is what the connection asked for: it is told of the rest only after that */
  #tellSeen(frame: SeenFrame, isAsked: boolean): void {
    if (!isAsked && !this.#seen) return
    const mine = seenFor(frame, this.identity.user.name)
    if (this.#seen === mine) return
    this.#seen = mine
    this.sendLossy(mine)
  }

  async #change(id: string | undefined, change: Promise<MessageResult>): Promise<void> {
    const { rev } = await this.stored(change)
    this.done(id, rev)
  }

  #type(on: boolean): void {
    if (!on && !this.#isTyping) return
    this.#isTyping = on
    const { typing } = this.app.chat
    const { name } = this.identity.user
    if (on) typing.set(liveGroup(this.room.id), name, this.channel)
    else typing.clear(liveGroup(this.room.id), name, this.channel)
  }
}
