import { CloseCode } from '../channels/close-codes.ts'
import { type Handles, JsonConsumer } from '../channels/consumer.ts'
import { FrameError } from '../channels/errors.ts'
import type { Feed } from '../channels/feed.ts'
import type { PresenceChanged } from '../channels/presence.ts'
import { liveGroup } from './groups.ts'
import { joinRoom, markRead } from './memberships.ts'
import { type Message, messageFrame } from './messages.ts'
import { type ClientFrame, checkFrame, type ServerFrame } from './protocol.ts'
import { findRoom, type Room } from './rooms.ts'
import type { TypingChanged } from './typing.ts'

/** Somebody left the room: their other tabs are closed. */
export interface RoomLeft {
  readonly type: 'chat.left'
  readonly user: number
  readonly [field: string]: unknown
}

type Events = PresenceChanged | TypingChanged | RoomLeft

/** Names in a welcome. */
const ONLINE_NAMES = 200

/** One person's connection to a room. */
export class ChatConsumer extends JsonConsumer<ClientFrame> implements Handles<Events> {
  #room: Room | undefined
  #feed: Feed<Message> | undefined

  override async connect(): Promise<void> {
    const { database, chat } = this.app
    const room = await findRoom(database, this.scope.params.room ?? '')
    if (!room) return this.close(CloseCode.notFound, 'no such room')
    await joinRoom(database, room, this.identity.user.id)
    const feed = await chat.feeds.open(room.id)
    this.#room = room
    this.#feed = feed
    const since = this.#since()
    const reset = since !== undefined && (await feed.outOfReach(since))
    await this.groupAdd(liveGroup(room.id))
    this.app.presence.join(liveGroup(room.id), this.identity.user.name, this.channel)
    this.#welcome(room, feed)
    if (reset) this.#say({ type: 'reset', rev: feed.rev })
    feed.follow(this.connection, reset ? undefined : since).catch((error) => {
      this.log.error({ err: error }, 'what a connection had missed could not be read')
      this.close(CloseCode.internalError, 'server error')
    })
  }

  protected override check(frame: Record<string, unknown>): ClientFrame {
    return checkFrame(frame)
  }

  protected override async receiveJson(frame: ClientFrame): Promise<void> {
    const { room, feed, user } = this.#here()
    if (frame.type === 'typing') return this.app.chat.typing.set(liveGroup(room.id), user.name, frame.on)
    if (frame.type === 'read')
      return markRead(this.app.database, room.id, user.id, Math.min(frame.seq, feed.rev))
    this.app.chat.typing.set(liveGroup(room.id), user.name, false)
    const { message, repeat } = await this.#store(frame.message, frame.id)
    if (repeat) this.#say({ ...messageFrame(message), repeat: true })
  }

  'presence.changed'(event: PresenceChanged): void {
    const { name } = this.identity.user
    const joined = without(event.joined, name)
    const left = without(event.left, name)
    if (joined === event.joined && left === event.left) this.sendLossy(presenceFrame(event))
    else if (joined.length > 0 || left.length > 0) this.sendLossy({ type: 'presence', joined, left })
  }

  'chat.typing'(event: TypingChanged): void {
    for (const frame of event.frames) if (frame.sender !== this.identity.user.name) this.sendLossy(frame)
  }

  'chat.left'(event: RoomLeft): void {
    if (event.user === this.identity.user.id) this.close(CloseCode.forbidden, 'you left this room')
  }

  override disconnect(): void {
    if (!this.#room || !this.#feed) return
    const group = liveGroup(this.#room.id)
    this.#feed.unfollow(this.connection)
    this.app.chat.feeds.release(this.#feed)
    this.app.presence.leave(group, this.identity.user.name, this.channel)
    this.app.chat.typing.set(group, this.identity.user.name, false)
  }

  async #store(text: string, id: string | undefined) {
    const { room, user } = this.#here()
    try {
      return await this.app.chat.speech.say(room.id, user, text, id)
    } catch (error) {
      this.log.error({ err: error }, 'a message could not be stored')
      throw new FrameError('internal', 'this could not be stored; send it again')
    }
  }

  #welcome(room: Room, feed: Feed<Message>): void {
    const { names, count } = this.app.presence.list(liveGroup(room.id), ONLINE_NAMES)
    const { name } = this.identity.user
    this.#say({
      type: 'welcome',
      room: room.slug,
      user: name,
      rev: feed.rev,
      online: names,
      online_count: count,
    })
  }

  #since(): number | undefined {
    const since = this.scope.query.get('since')
    if (since === null) return undefined
    const rev = /^\d{1,15}$/.test(since) ? Number(since) : undefined
    // Whoever does not know where they are starts from the history.
    return rev ?? Number.MAX_SAFE_INTEGER
  }

  #here() {
    if (!this.#room || !this.#feed) throw new Error('a frame came before the room was found')
    return { room: this.#room, feed: this.#feed, user: this.identity.user }
  }

  #say(frame: ServerFrame): void {
    this.sendJson(frame)
  }
}

const presenceFrames = new WeakMap<PresenceChanged, ServerFrame>()

/** One object an event, so that it is encoded once for all who get it. */
function presenceFrame(event: PresenceChanged): ServerFrame {
  const frame = presenceFrames.get(event) ?? { type: 'presence', joined: event.joined, left: event.left }
  presenceFrames.set(event, frame)
  return frame
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names.filter((other) => other !== name) : names
}
