import { isLogged } from '../sockets/logged-errors.ts'
import { Feed } from './feed.ts'
import type { ChangesEvent, FeedOptions } from './feed-options.ts'
import type { Change } from './feed-source.ts'

/** Feeds whose newest change is looked up at each comparison, in rotation. */
const COMPARED = 20

/**
 * The feeds of one kind in this process: for each stream that somebody here follows, the changes in ascending order of `rev`,
 * each once, whichever process published them and whatever the layer loses, duplicates or reorders. The database is the
 * source of truth and an event only a hint: if it is the next change it is sent, otherwise the feed reads.
 *
 * @example
 * const feeds = new Feeds({ layer, log, source, group: (id) => `room.${id}`, event: 'chat.changed', encode })
 * await feeds.publish(7, [message])
 * const feed = await feeds.open(7)
 * greet(feed.rev)
 * await feed.follow(connection, since)
 */
export class Feeds<Changed extends Change> {
  readonly #options: FeedOptions<Changed>
  readonly #feeds = new Map<number, Feed<Changed>>()
  readonly #timer: NodeJS.Timeout
  /** Feeds that have yet to be compared with the store before the next round starts. */
  #uncompared: Feed<Changed>[] = []

  constructor(options: FeedOptions<Changed>) {
    this.#options = options
    const heal = () =>
      this.heal().catch((error) => {
        if (!isLogged(error))
          options.log.warn(
            { err: error },
            'feeds could not be compared with the database; this will be tried again',
          )
      })
    this.#timer = setInterval(heal, options.healInterval ?? 2_000).unref()
    options.layer.onReconnect(heal)
  }

  /**
   * Tells every process about committed changes, in ascending order of `rev`.
   * @param parent the context of the span that made them, where it is traced
   */
  publish(stream: number, changes: readonly Changed[], parent?: string): Promise<void> {
    const { event, group, layer, tracing } = this.#options
    const send = (about: ChangesEvent<Changed>) => layer.groupSend(group(stream), about)
    if (!tracing || parent === undefined) return send({ type: event, changes })
    const attributes = { 'partyline.stream': stream, 'partyline.changes': changes.length }
    return tracing.run(`publish ${event}`, { kind: 'producer', parent, attributes }, async () =>
      send({ type: event, changes, trace: tracing.current() ?? parent }),
    )
  }

  /** The group of those who are there, for live state such as presence and who is typing. */
  liveGroup(stream: number): string {
    return `${this.#options.group(stream)}.live`
  }

  /** The feed of a stream, from its present `rev` on. Give it back with `release`. */
  async open(stream: number): Promise<Feed<Changed>> {
    const feed = this.#feeds.get(stream) ?? new Feed(stream, this.#options)
    this.#feeds.set(stream, feed)
    feed.users += 1
    try {
      await feed.begun
    } catch (error) {
      this.release(feed)
      throw error
    }
    return feed
  }

  release(feed: Feed<Changed>): void {
    feed.users -= 1
    if (feed.users > 0) return
    if (this.#feeds.get(feed.stream) === feed) this.#feeds.delete(feed.stream)
    feed.end()
  }

  /**
   * Drops all encoded frames, because something that they show, such as a person's name, must no longer be shown. Whoever
   * needs one gets it as it is now.
   */
  forget(): void {
    for (const feed of this.#feeds.values()) feed.forget()
  }

  /**
   * Compares all feeds of this process with the database, in one query; those that are behind read. If the store went back, a
   * feed starts again from what the store holds now.
   */
  async heal(): Promise<void> {
    if (this.#feeds.size === 0) return
    const before = new Map([...this.#feeds].map(([stream, { rev }]) => [stream, rev]))
    for (const feed of this.#feeds.values()) feed.letGoOfEarly()
    const revs = await this.#options.source.revs([...this.#feeds.keys()])
    const latest = new Map<number, number>()
    let hasGoneBack = false
    for (const [stream, rev] of revs) {
      const feed = this.#feeds.get(stream)
      feed?.expect(rev)
      if (rev < (before.get(stream) ?? 0)) hasGoneBack = (await feed?.compare()) || hasGoneBack
      else latest.set(stream, rev)
    }
    if (this.#uncompared.length === 0) this.#uncompared = [...this.#feeds.values()]
    // What happened to one stream has most likely happened to the others.
    const some = hasGoneBack ? this.#uncompared : this.#uncompared.splice(0, COMPARED)
    for (const feed of some) await feed.compare(hasGoneBack ? undefined : latest.get(feed.stream))
  }

  close(): void {
    clearInterval(this.#timer)
    for (const feed of this.#feeds.values()) feed.end()
    this.#feeds.clear()
  }
}
