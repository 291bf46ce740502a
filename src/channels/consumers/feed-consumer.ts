import { type TObject, Type } from 'typebox'
import type { Feed } from '../feed/feed.ts'
import type { Change } from '../feed/feed-source.ts'
import type { Feeds } from '../feed/feeds.ts'
import { PlaceQuery, readPlace } from '../feed/place.ts'
import { CloseCode } from '../sockets/close-codes.ts'
import { isLogged } from '../sockets/logged-errors.ts'
import type { SentFrames } from './consumer.ts'
import { fieldsAbout, type Online, PresenceConsumer } from './presence-consumer.ts'

export const WelcomeFrame = Type.Object({
  type: Type.Literal('welcome'),
  user: Type.String({ description: 'the username of the person who is connected' }),
  rev: Type.Integer({ description: 'the latest change' }),
  online: Type.Array(Type.String(), { description: 'the usernames of those who are here, at most 200' }),
  online_count: Type.Integer(),
})

/** The client was away for too long, and has to load the history. */
export const ResetFrame = Type.Object({ type: Type.Literal('reset'), rev: Type.Integer() })

/** How far a feed has come, and in which history. */
export interface FeedPosition {
  readonly rev: number
  readonly history: number
}

/**
 * A consumer whose client follows a feed: it is welcomed with the feed's `rev` and who is there, brought up to date from
 * `?since=`, or told to load the history if it missed too much, and then gets each change once, in ascending order of `rev`.
 */
export abstract class FeedConsumer<Changed extends Change> extends PresenceConsumer {
  static override readonly sends: SentFrames = {
    ...PresenceConsumer.sends,
    welcome: WelcomeFrame,
    reset: ResetFrame,
  }
  static readonly query: TObject | undefined = PlaceQuery

  #feeds: Feeds<Changed> | undefined
  #feed: Feed<Changed> | undefined

  /**
   * Follows a stream, and makes the person present. Call it once, in `connect`.
   * @param about more fields of the welcome
   * @param presentIn the group in which they are present, if it is not only that of the stream
   */
  protected async follow(
    feeds: Feeds<Changed>,
    stream: number,
    about: Readonly<Record<string, unknown>>,
    presentIn = feeds.liveGroup(stream),
  ): Promise<void> {
    const feed = await feeds.open(stream)
    this.#feeds = feeds
    this.#feed = feed
    const { since, newest } = readPlace(this.scope.query)
    const { history } = feed
    const missed = since !== undefined && (await feed.outOfReach(since, newest))
    this.#welcome(about, feed, await this.join(presentIn))
    if (missed) this.sendJson({ type: 'reset', rev: feed.rev })
    feed.follow(this.connection, missed ? undefined : since, history).catch((error) => {
      if (!isLogged(error)) this.log.error({ err: error }, 'what a connection had missed could not be read')
      this.close(CloseCode.internalError, 'server error')
    })
  }

  /** The latest change that everyone here has, or will have before anything that is sent to them from now on. */
  protected get rev(): number {
    return this.#feed?.rev ?? 0
  }

  /** How far the feed has come. Keep it before this client changes something, and give it to `arrives` afterwards. */
  protected get position(): FeedPosition {
    return { rev: this.rev, history: this.#feed?.history ?? 0 }
  }

  /**
   * Tells whether this client's change `rev` comes to it as a frame. It does not where the store went back: the change then has a
   * number that was sent before, and is in the history that the client is told to load.
   * @param before the `position` before the change was made
   */
  protected arrives(rev: number, before: FeedPosition): boolean {
    return rev > before.rev && (this.#feed?.history === before.history || rev > this.rev)
  }

  /** Sends the change `rev`, which this client made, as soon as it arrives here, even if others wait for more. */
  protected sendPromptly(rev: number): void {
    this.#feed?.sendPromptly(this.connection, rev)
  }

  override disconnect(code: number): void {
    super.disconnect(code)
    if (!this.#feeds || !this.#feed) return
    this.#feed.unfollow(this.connection)
    this.#feeds.release(this.#feed)
  }

  #welcome(about: Readonly<Record<string, unknown>>, feed: Feed<Changed>, online: Online): void {
    const welcome = {
      type: 'welcome',
      ...about,
      user: this.identity.user.name,
      rev: feed.rev,
      online: online.usernames,
      online_count: online.count,
      ...fieldsAbout(online.usernames, online.about),
    }
    // Not by `sendJson`, which remembers the frame: nobody else gets this one.
    this.send(JSON.stringify(welcome))
  }
}
