import { setImmediate as nextTurn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import { FanOut, type Receiver } from '../sockets/fan-out.ts'
import { encodeJson } from '../sockets/framing.ts'
import { type WriteScheduler, writeScheduler } from '../sockets/write-scheduler.ts'
import type { Tracing } from '../tracing.ts'
import { EarlyChanges } from './early-changes.ts'
import { type FeedMemory, feedMemory } from './feed-memory.ts'
import type { Change, FeedSource } from './feed-source.ts'
import { Landmarks } from './landmarks.ts'
import { type EncodedChange, ReplayBuffer, type SentChange } from './replay-buffer.ts'
import { TracedChanges } from './traced-changes.ts'

/** One who follows a feed: a connection. */
export interface Follower extends Receiver {
  readonly open: boolean
  send(frame: Buffer): void
  /** What waits for it goes out when this turn ends. */
  sendPromptly(): void
  drained(): Promise<void>
}

export interface FeedOptions<Changed extends Change> {
  readonly layer: ChannelLayer
  readonly log: FastifyBaseLogger
  readonly source: FeedSource<Changed>
  /** The group on which a stream's changes are published. */
  readonly group: (stream: number) => string
  /** The type of the event that carries them. */
  readonly event: string
  readonly encode: (change: Changed, stream: number) => Buffer
  /**
   * What was stored with a change, by which it is known in the store again. To be given where frames also show what may change by
   * itself, such as a person's name; else the whole frame is compared.
   */
  readonly fingerprint?: (change: Changed) => string
  /**
   * The `seq` of something else in the stream that a change's frame shows a part of, as a reply shows what it answers. When that
   * changes, whoever missed both is sent the change as it reads by then.
   */
  readonly quoted?: (change: Changed) => number | undefined
  /** The frame that tells everyone to load the history; else `{"type":"reset","rev"}`. */
  readonly encodeReset?: (rev: number) => Buffer
  readonly tracing?: Tracing | undefined
  /** Is called when the store was found to have gone back: what was read of it before is another history. */
  readonly wentBack?: () => void
  /** When what is sent goes out; else as in all of this process. */
  readonly scheduler?: WriteScheduler
  /** Counts the times that changes were read which the layer had not brought. */
  readonly gapsHealed?: { count: number } | undefined
  /** What it shares with other feeds; else with all of this process. */
  readonly memory?: FeedMemory
  /** Milliseconds that an event may be early before what is between is read. */
  readonly gapPatience?: number
  /** Milliseconds between looks for a last event that was lost. */
  readonly healInterval?: number
}

/** Rows of one read. */
const PAGE = 200

/** Who missed more changes than this is told to load the history instead. */
const MISSED = 1_000

/** Bytes that are written to somebody who catches up before waiting for the socket. */
const CATCH_UP_BYTES = 256 * 1024

/** Bytes of changes that are encoded in one turn of the event loop when they were read; everybody else waits meanwhile. */
const TURN_BYTES = 32 * 1024

/** Carries changes that were committed to the processes that follow their stream. */
export interface ChangesEvent<Changed> extends ChannelEvent {
  readonly changes: readonly Changed[]
  /** The span in which they were published, where it is traced. */
  readonly trace?: string
}

/** One ordered stream in this process. */
export class Feed<Changed extends Change> {
  readonly stream: number
  /** How many hold this feed open. */
  users = 0
  /** Resolves when the feed knows its place. */
  readonly begun: Promise<void>
  readonly #options: FeedOptions<Changed>
  readonly #channel: string
  readonly #audience: FanOut
  readonly #early: EarlyChanges
  readonly #recent: ReplayBuffer
  readonly #landmarks = new Landmarks()
  readonly #traced: TracedChanges | undefined
  #comparing: Promise<boolean> | undefined
  /** Those who catch up, each with the call by which they do. */
  readonly #joining = new Map<Follower, symbol>()
  /** Those who wait for a change that they made, by its `rev`. */
  readonly #makers = new Map<number, Follower>()
  /** Pages that are being read for those who catch up. */
  readonly #pages = new Map<string, Promise<SentChange[]>>()
  #rev = 0
  /** Counts the times that frames were let go of: those that were being read then may show what they must not. */
  #forgotten = 0
  #expected = 0
  #started = false
  #ended = false
  #reading: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stream: number, options: FeedOptions<Changed>) {
    this.stream = stream
    this.#options = options
    this.#audience = new FanOut(options.scheduler ?? writeScheduler)
    this.#early = new EarlyChanges(options.memory ?? feedMemory)
    this.#recent = new ReplayBuffer(options.memory ?? feedMemory)
    this.#traced = options.tracing && new TracedChanges(options.tracing, options.event)
    this.#channel = options.layer.newChannel((event) => this.#receive(event))
    this.begun = this.#begin()
  }

  /** Those who follow live have all changes up to here, or will before whatever is sent to them from now on. */
  get rev(): number {
    return this.#rev
  }

  /**
   * Tells whether a client whose last change was `since` has to load the history instead: it missed too much, or what it holds is
   * of another history.
   * @param newest the newest row that it holds, if it says so
   */
  async outOfReach(since: number, newest?: { readonly seq: number; readonly id: string }): Promise<boolean> {
    const { source } = this.#options
    if (newest && source.standing) {
      const standing = await source.standing(this.stream, newest.seq)
      if (!standing || standing.id !== newest.id || standing.rev < since) return this.#mayHaveGoneBack()
    }
    if (since > this.#rev && since > (await this.#latest())) return this.#mayHaveGoneBack()
    if (this.#rev - since <= MISSED) return false
    if (!source.countChanged) return true
    return (await source.countChanged(this.stream, since, MISSED + 1)) > MISSED
  }

  /** A client that is told to load the history is told of a `rev` that the store has. */
  async #mayHaveGoneBack(): Promise<true> {
    await this.compare()
    return true
  }

  /**
   * Looks whether the newest change is still there, and begins again where the store went back.
   * @param latest the stream's latest `rev`, if it was just asked for
   * @returns whether it did
   */
  compare(latest?: number): Promise<boolean> {
    this.#comparing ??= this.#compare(latest)
      .catch((error) => {
        this.#failed(error)
        return false
      })
      .finally(() => {
        this.#comparing = undefined
      })
    return this.#comparing
  }

  async #compare(known?: number): Promise<boolean> {
    if (!this.#started || this.#ended) return false
    const rev = this.#rev
    // Whatever was sent had been committed: it is seen by everything that is asked from now on.
    const latest = known ?? (await this.#latest())
    const hasGoneBack = (known === undefined && latest < rev) || !(await this.#stands())
    if (this.#ended || !hasGoneBack) return false
    await this.#beginAgain()
    return true
  }

  /** Tells whether the changes that were sent last are in the store. */
  async #stands(): Promise<boolean> {
    const upTo = this.#rev
    const { after } = this.#landmarks
    if (after === undefined) return true
    const changes = await this.#options.source.changes(this.stream, after, undefined, PAGE)
    const checksums = new Map<number, number>()
    const remembered = changes.filter((change) => this.#landmarks.has(change))
    await inTurns(remembered, (change) => {
      const { checksum, frame } = this.#encoded(change)
      checksums.set(change.rev, checksum)
      return frame.length
    })
    return this.#landmarks.stand(upTo, changes, checksums, changes.length < PAGE)
  }

  /** Everyone who follows is told to load the history, and goes on from what the store holds now. */
  async #beginAgain(): Promise<void> {
    await this.#reading?.catch(() => {})
    this.#started = false
    this.#disarm()
    try {
      const rev = await this.#latest()
      if (this.#ended) return
      this.#options.log.warn(
        { stream: this.stream, from: this.#rev, to: rev },
        'the database went back: everyone here loads the history again',
      )
      this.#options.wentBack?.()
      this.#early.empty()
      this.#landmarks.clear()
      this.#traced?.clear()
      this.#makers.clear()
      this.#pages.clear()
      this.#rev = rev
      this.#expected = 0
      this.#recent.restart(rev)
      const reset = this.#resetFrame()
      this.#audience.send(reset)
      for (const follower of [...this.#joining.keys()]) {
        this.#joining.delete(follower)
        follower.send(reset)
        this.#audience.add(follower)
      }
      await this.#remember()
    } finally {
      this.#started = true
    }
    if (!this.#ended) this.#sendEarly()
  }

  /**
   * Reads the change that has the present number, by which another history would be known; where a later one has replaced it
   * already, the next.
   */
  async #remember(): Promise<void> {
    if (this.#rev === 0) return
    const [newest] = await this.#options.source.changes(this.stream, this.#rev - 1, undefined, 1)
    if (newest) this.#landmarks.add(this.#encoded(newest))
  }

  /**
   * Sends what changed after `since`, then goes on live with no gap and no double. Live changes are not queued while it
   * catches up, so that a slow reader with much to read cannot overflow: it reads up to the latest changes, which the feed
   * keeps, gets those and joins in one turn.
   *
   * @param since undefined: live from now
   * @throws what the source throws
   */
  async follow(follower: Follower, since: number | undefined): Promise<void> {
    const call = Symbol()
    this.#joining.set(follower, call)
    const goesOn = () => follower.open && !this.#ended && this.#joining.get(follower) === call
    try {
      let place = since ?? this.#rev
      while (goesOn() && (place < this.#recent.from || place > this.#rev)) {
        if (place < this.#recent.from) place = await this.#catchUp(follower, place, this.#recent.from, goesOn)
        else if (!(await this.#reach(place))) {
          // Since `outOfReach` was asked the store went back.
          follower.send(this.#resetFrame())
          place = this.#rev
        }
      }
      if (!goesOn()) return
      for (const frame of this.#recent.after(place)) follower.send(frame)
      // A follower whose line breaks while it is sent to would be added after it has left.
      if (goesOn()) this.#audience.add(follower)
    } finally {
      if (this.#joining.get(follower) === call) this.#joining.delete(follower)
    }
  }

  /** Nothing more is sent, also to one who is still catching up. */
  unfollow(follower: Follower): void {
    this.#joining.delete(follower)
    this.#audience.delete(follower)
    for (const [rev, maker] of this.#makers) if (maker === follower) this.#makers.delete(rev)
  }

  /** Who made the change `rev` gets it when the turn ends in which it is here, also where others wait for more. */
  sendPromptly(maker: Follower, rev: number): void {
    this.#makers.set(rev, maker)
    this.#sendToMakers()
  }

  /** Lets go of the frames that it keeps; whoever needs one waits until it is read anew. */
  forget(): void {
    this.#forgotten += 1
    this.#early.empty()
    this.#pages.clear()
    this.#recent.restart(this.#rev)
    if (this.#started && this.#rev < this.#expected) this.#arm()
  }

  /** The database is at `rev`: if nothing brings this feed there soon, it reads. */
  expect(rev: number): void {
    if (!this.#started || rev <= this.#rev) return
    this.#expected = Math.max(this.#expected, rev)
    this.#arm()
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#early.empty()
    this.#recent.empty()
    this.#traced?.clear()
    this.#options.layer
      .closeChannel(this.#channel)
      .catch((error) => this.#options.log.warn({ err: error }, 'the channel of a feed was not closed'))
  }

  /** Member of the group first, then the place: a change between the two is then early, not lost. */
  async #begin(): Promise<void> {
    await this.#options.layer.groupAdd(this.#options.group(this.stream), this.#channel)
    this.#rev = await this.#latest()
    if (this.#ended) return
    this.#recent.restart(this.#rev)
    await this.#remember()
    if (this.#ended) return
    this.#started = true
    this.#sendEarly()
  }

  #receive(event: ChannelEvent): boolean {
    if (event.type !== this.#options.event || this.#ended) return true
    const { changes, trace } = event as ChangesEvent<Changed>
    if (trace !== undefined) this.#traced?.received(trace, this.stream, changes)
    for (const change of changes) this.#sendOrHold(change)
    if (this.#started && !this.#reading) this.#sendEarly()
    return true
  }

  #sendOrHold(change: Changed): void {
    if (this.#started && change.rev <= this.#rev) {
      // The layer may bring an event twice; but not another with the same number.
      if (this.#landmarks.contradict(this.#encoded(change))) void this.compare()
      return
    }
    this.#expected = Math.max(this.#expected, change.rev)
    const isNext = this.#started && !this.#reading && change.rev === this.#rev + 1
    if (isNext) this.#send(change)
    else if (!this.#early.has(change.rev)) this.#early.add(this.#encoded(change))
  }

  /** Sends what is next of what came early; if something is missing then, waits a little and reads. */
  #sendEarly(): void {
    for (let next = this.#early.take(this.#rev + 1); next; next = this.#early.take(this.#rev + 1))
      this.#sendEncoded(next)
    this.#early.removeUpTo(this.#rev)
    this.#traced?.passed(this.#rev)
    this.#sendToMakers()
    if (this.#rev < this.#expected) this.#arm()
    else this.#disarm()
  }

  #sendToMakers(): void {
    for (const [rev, maker] of this.#makers) {
      if (rev > this.#rev) continue
      this.#makers.delete(rev)
      maker.sendPromptly()
    }
  }

  /** @returns the bytes that it has */
  #send(change: Changed): number {
    if (this.#isFollowed) return this.#sendEncoded(this.#encoded(change))
    this.#passOver(change, () => this.#encoded(change).checksum)
    return 0
  }

  #sendEncoded(change: EncodedChange): number {
    if (!this.#isFollowed) this.#passOver(change, () => change.checksum)
    else {
      this.#landmarks.add(change)
      this.#rev = change.rev
      this.#recent.add(change)
      this.#audience.send(change.frame, this.#traced?.leaving(change.rev))
    }
    return change.frame.length
  }

  #resetFrame(): Buffer {
    return this.#options.encodeReset?.(this.#rev) ?? encodeJson({ type: 'reset', rev: this.#rev })
  }

  #passOver(change: Pick<EncodedChange, 'rev' | 'seq' | 'id'>, checksum: () => number): void {
    this.#rev = change.rev
    this.#landmarks.pass(change, checksum)
    this.#recent.restart(change.rev)
  }

  get #isFollowed(): boolean {
    return this.#audience.size > 0 || this.#joining.size > 0
  }

  #encoded(change: Changed): EncodedChange {
    const { encode, fingerprint, quoted } = this.#options
    const frame = encode(change, this.stream)
    const { id, rev, seq } = change
    return { rev, seq, id, quoted: quoted?.(change), frame, checksum: crc32(fingerprint?.(change) ?? frame) }
  }

  #arm(): void {
    if (this.#timer || this.#reading || this.#ended) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#read().catch((error) => this.#failed(error))
    }, this.#options.gapPatience ?? 20)
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** The next `heal` tries again. */
  #failed(error: unknown): void {
    this.#options.log.warn({ err: error, stream: this.stream }, 'a feed could not read; it tries again')
  }

  async #latest(): Promise<number> {
    return (await this.#options.source.revs([this.stream])).get(this.stream) ?? 0
  }

  /** For a follower who is ahead, having come from a process that already knew more. @returns whether there is so much */
  async #reach(place: number): Promise<boolean> {
    // A read that is under way may have begun before that process committed.
    await this.#reading
    if (this.#rev < place && !this.#ended) await this.#read()
    return this.#rev >= place || this.#ended
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined
      if (!this.#ended) this.#sendEarly()
    })
    return this.#reading
  }

  /** Reads up to the stream's present `rev`, which is asked for first: all up to it is then in the pages that follow. */
  async #readAll(): Promise<void> {
    this.#disarm()
    // Whoever expects more from now on asks for another read. If this one fails, the next `heal` asks.
    this.#expected = 0
    if (!(await this.#stands())) {
      // Not from here, where it would wait for this reading to end.
      setImmediate(() => void this.compare())
      return
    }
    const from = this.#rev
    const held = this.#early.last
    const upTo = await this.#latest()
    // What was published had been committed; what is not there any more was so before the store went back.
    if (held > upTo) this.#early.empty()
    for (let more = true; more && !this.#ended; ) {
      const changes = await this.#options.source.changes(this.stream, this.#rev, undefined, PAGE)
      await inTurns(changes, (change) => (this.#ended ? 0 : this.#send(change)))
      more = changes.length === PAGE
    }
    if (this.#ended) return
    // What is missing up to there was replaced by a change with a higher number, which has gone out or is still to come.
    this.#rev = Math.max(this.#rev, upTo)
    if (this.#rev > from && this.#options.gapsHealed) this.#options.gapsHealed.count += 1
    this.#expected = Math.max(this.#expected, this.#rev, this.#early.last)
  }

  /** @returns the new place: `target`, or less when the follower has gone */
  async #catchUp(follower: Follower, from: number, target: number, goesOn: () => boolean): Promise<number> {
    const read: SentChange[] = []
    const forgotten = this.#forgotten
    let place = from
    while (place < target && goesOn()) {
      const changes = await this.#page(place, target)
      let bytes = 0
      for (const { frame } of changes) {
        if (!goesOn()) return place
        follower.send(frame)
        bytes += frame.length
        if (bytes < CATCH_UP_BYTES) continue
        bytes = 0
        await follower.drained()
      }
      read.push(...changes)
      place = changes.length < PAGE ? target : (changes.at(-1)?.rev ?? target)
      await follower.drained()
    }
    const isCurrent = forgotten === this.#forgotten
    if (place >= target && isCurrent && !this.#ended) this.#recent.addBefore(from, target, read)
    return place
  }

  /** Those who come back together have missed the same: it is read and encoded once. */
  #page(after: number, upTo: number): Promise<SentChange[]> {
    const key = `${after} ${upTo}`
    const page =
      this.#pages.get(key) ??
      this.#readPage(after, upTo).finally(() => {
        if (this.#pages.get(key) === page) this.#pages.delete(key)
      })
    this.#pages.set(key, page)
    return page
  }

  async #readPage(after: number, upTo: number): Promise<SentChange[]> {
    const changes = await this.#options.source.changes(this.stream, after, upTo, PAGE)
    const page: SentChange[] = []
    await inTurns(changes, (change) => {
      const encoded = this.#encoded(change)
      page.push(encoded)
      return encoded.frame.length
    })
    return page
  }
}

/** Does `work`, which returns how many bytes it made, for each item in their order, in as many turns as that takes. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => number): Promise<void> {
  let bytes = 0
  for (const item of items) {
    if (bytes >= TURN_BYTES) {
      bytes = 0
      await nextTurn()
    }
    bytes += work(item)
  }
}
