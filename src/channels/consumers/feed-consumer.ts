import type { Change, Feed, Feeds } from '../feed/feed.ts'
import type { PresenceChanged } from '../live/presence.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import { JsonConsumer } from './consumer.ts'

/** What a connection follows. */
export interface Following<Changed extends Change> {
  readonly feeds: Feeds<Changed>
  readonly stream: number
  /** Where its consumers hear of presence and of what else is of use only now. */
  readonly group: string
  /** More fields of the welcome. */
  readonly about: Readonly<Record<string, unknown>>
}

/** Names in a welcome. */
const ONLINE_NAMES = 200

/**
 * A consumer whose client follows a feed: it is welcomed with the feed's `rev` and who is there, brought abreast from
 * `?since=`, or told to load the history where too much was missed, and then gets each change once, in rising `rev`.
 */
export abstract class FeedConsumer<Frame, Changed extends Change> extends JsonConsumer<Frame> {
  #feeds: Feeds<Changed> | undefined
  #feed: Feed<Changed> | undefined
  #group = ''

  /** To be called once, by `connect`. */
  protected async follow(following: Following<Changed>): Promise<void> {
    const feed = await following.feeds.open(following.stream)
    this.#feeds = following.feeds
    this.#feed = feed
    this.#group = following.group
    const since = this.#since()
    const missed = since !== undefined && (await feed.outOfReach(since))
    await this.groupAdd(following.group)
    await this.app.presence.join(following.group, this.identity.user.name, this.channel)
    this.#welcome(following, feed)
    if (missed) this.sendJson({ type: 'reset', rev: feed.rev })
    feed.follow(this.connection, missed ? undefined : since).catch((error) => {
      this.log.error({ err: error }, 'what a connection had missed could not be read')
      this.close(CloseCode.internalError, 'server error')
    })
  }

  /** The latest change that everyone here has, or will before whatever is sent to them from now on. */
  protected get rev(): number {
    return this.#feed?.rev ?? 0
  }

  /** The client waits for the change `rev`, which it made: it gets it at once, also where others wait for more. */
  protected sendPromptly(rev: number): void {
    this.#feed?.sendPromptly(this.connection, rev)
  }

  'presence.changed'(event: PresenceChanged): void {
    const { frame, names } = presenceOf(event)
    const { name } = this.identity.user
    if (!names.has(name)) return this.sendLossy(frame)
    const joined = event.joined.filter((other) => other !== name)
    const left = event.left.filter((other) => other !== name)
    if (joined.length > 0 || left.length > 0) this.sendLossy({ type: 'presence', joined, left })
  }

  override disconnect(_code: number): void {
    if (!this.#feeds || !this.#feed) return
    this.#feed.unfollow(this.connection)
    this.#feeds.release(this.#feed)
    this.app.presence.leave(this.#group, this.identity.user.name, this.channel)
  }

  #welcome({ group, about }: Following<Changed>, feed: Feed<Changed>): void {
    const { names, count } = this.app.presence.list(group, ONLINE_NAMES)
    const { name } = this.identity.user
    const welcome = {
      type: 'welcome',
      ...about,
      user: name,
      rev: feed.rev,
      online: names,
      online_count: count,
    }
    // Not by `sendJson`, which remembers the frame: nobody else gets this one.
    this.send(JSON.stringify(welcome))
  }

  /** Whoever does not know where they are starts from the history. */
  #since(): number | undefined {
    const since = this.scope.query.get('since')
    if (since === null) return undefined
    return /^\d{1,15}$/.test(since) ? Number(since) : Number.MAX_SAFE_INTEGER
  }
}

interface PresenceTold {
  readonly frame: object
  readonly names: ReadonlySet<string>
}

const presenceTold = new WeakMap<PresenceChanged, PresenceTold>()

/** One frame an event, so that it is encoded once for all who get it, and whom it is about. */
function presenceOf(event: PresenceChanged): PresenceTold {
  const { joined, left } = event
  const told = presenceTold.get(event) ?? {
    frame: { type: 'presence', joined, left },
    names: new Set([...joined, ...left]),
  }
  presenceTold.set(event, told)
  return told
}
