import type { ChannelEvent } from '../layers/layer.ts'
import { FanOut } from '../sockets/fan-out.ts'
import { encodeJson } from '../sockets/framing.ts'
import { isLogged } from '../sockets/logged-errors.ts'
import { writeScheduler } from '../sockets/write-scheduler.ts'
import { EarlyChanges } from './early-changes.ts'
import { feedMemory } from './feed-memory.ts'
import type { ChangesEvent, FeedOptions, Follower } from './feed-options.ts'
import type { Change } from './feed-source.ts'
import { Landmarks } from './landmarks.ts'
import { MissedChanges, type ReadChanges } from './missed-changes.ts'
import { type EncodedChange, ReplayBuffer } from './replay-buffer.ts'
import { inTurns, type Newest, PAGE, type Position, StoredStream } from './stored-stream.ts'
import { TracedChanges } from './traced-changes.ts'

/** Changes that a follower can have missed and still be sent; one who missed more is told to load the history instead. */
const MISSED = 1_000

/** One ordered stream in this process. */
export class Feed<Changed extends Change> {
  readonly stream: number
  /** How many users hold this feed open. */
  users = 0
  /** Resolves when the feed knows its position. */
  readonly begun: Promise<void>
  readonly #options: FeedOptions<Changed>
  readonly #store: StoredStream<Changed>
  readonly #channel: string
  readonly #fanOut: FanOut
  readonly #early: EarlyChanges
  readonly #recent: ReplayBuffer
  readonly #missed: MissedChanges<Changed>
  readonly #landmarks = new Landmarks()
  readonly #traced: TracedChanges | undefined
  #comparing: Promise<boolean> | undefined
  /** Followers that are catching up, each with the call that does it. */
  readonly #joining = new Map<Follower, symbol>()
  /** Followers that are waiting for a change that they made, by its `rev`. */
  readonly #makers = new Map<number, Follower>()
  #rev = 0
  /** Counts the times that the store was found to have gone back. */
  #history = 0
  /** True if a change showed that those before it belong to another history, and followers have yet to be told. */
  #hasFoundAnother = false
  #expected = 0
  #started = false
  #ended = false
  #reading: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stream: number, options: FeedOptions<Changed>) {
    this.stream = stream
    this.#options = options
    this.#store = new StoredStream(stream, options)
    this.#fanOut = new FanOut(options.scheduler ?? writeScheduler)
    this.#early = new EarlyChanges(options.memory ?? feedMemory)
    this.#recent = new ReplayBuffer(options.memory ?? feedMemory)
    this.#missed = new MissedChanges(this.#store, this.#recent)
    this.#traced = options.tracing && new TracedChanges(options.tracing, options.event)
    this.#channel = options.layer.newChannel((event) => this.#receive(event))
    this.begun = this.#begin()
  }

  /** The latest change that live followers have, or will have before anything that is sent to them from now on. */
  get rev(): number {
    return this.#rev
  }

  /** The history that it follows: a number that changes each time the store was found to have gone back. */
  get history(): number {
    return this.#history
  }

  /**
   * Tells whether a client whose last change was `since` has to load the history instead, because it missed too much, or
   * because what it holds belongs to another history.
   * @param newest the newest row that it holds, if given
   */
  async outOfReach(since: number, newest?: Newest): Promise<boolean> {
    const { source } = this.#options
    if (since > this.#rev && since > (await this.#store.latest())) return this.#mayHaveGoneBack()
    if (!(await this.#reach({ rev: since, newest }))) return this.#mayHaveGoneBack()
    if (this.#rev - since <= MISSED) return false
    if (!source.countChanged) return true
    return (await source.countChanged(this.stream, since, MISSED + 1)) > MISSED
  }

  /** A client that is told to load the history gets a `rev` that the store has. */
  async #mayHaveGoneBack(): Promise<true> {
    await this.compare()
    return true
  }

  /**
   * Checks whether the newest change is still there, and starts again if the store went back.
   * @param latest the stream's latest `rev`, if it was just read
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
    const latest = known ?? (await this.#store.latest())
    const hasGoneBack =
      this.#hasFoundAnother ||
      (known === undefined && latest < rev) ||
      !(await this.#store.has(this.#landmarks, this.#rev))
    if (this.#ended || !hasGoneBack) return false
    await this.#beginAgain()
    return true
  }

  /** Notes that the changes that were sent belong to another history, whatever the store says by now. */
  #foundAnother(): void {
    this.#hasFoundAnother = true
    void this.compare()
  }

  /** Tells all followers to load the history, and goes on from what the store holds now. */
  async #beginAgain(): Promise<void> {
    // Those who wait for this reading get its error.
    await this.#reading?.catch(() => {})
    this.#started = false
    this.#disarm()
    try {
      const { rev, newest } = await this.#store.present()
      if (this.#ended) return
      this.#options.log.warn(
        { stream: this.stream, from: this.#rev, to: rev },
        'the database went back to an earlier state: everyone connected here reloads the history',
      )
      this.#options.wentBack?.()
      this.#early.empty()
      this.#landmarks.clear()
      this.#traced?.clear()
      this.#makers.clear()
      this.#missed.restart()
      this.#rev = rev
      this.#history += 1
      this.#hasFoundAnother = false
      this.#expected = 0
      this.#recent.restart(rev)
      const reset = this.#resetFrame()
      this.#fanOut.send(reset)
      for (const follower of [...this.#joining.keys()]) {
        this.#joining.delete(follower)
        follower.send(reset)
        this.#fanOut.add(follower)
      }
      if (newest) this.#landmarks.add(newest)
    } finally {
      this.#started = true
    }
    if (!this.#ended) this.#sendEarly()
  }

  /**
   * Sends what changed after `since`, then goes on live without gaps or duplicates. Live changes are not queued while it
   * catches up, so that a slow reader with much to read cannot overflow: it reads up to the latest changes, which the feed
   * keeps, gets those and joins in one turn. One for whom the store may have gone back meanwhile is told to load the history.
   *
   * @param since undefined: live from now
   * @param history the one in which `outOfReach` was asked
   * @throws what the source throws
   */
  async follow(follower: Follower, since: number | undefined, history = this.#history): Promise<void> {
    const call = Symbol()
    this.#joining.set(follower, call)
    const goesOn = () => follower.open && !this.#ended && this.#joining.get(follower) === call
    const startFromHistory = (): Position => {
      follower.send(this.#resetFrame())
      return { rev: this.#rev, newest: undefined }
    }
    try {
      let place: Position = { rev: since ?? this.#rev, newest: undefined }
      let missed: ReadChanges | undefined
      if (since !== undefined && history !== this.#history) place = startFromHistory()
      while (goesOn() && (place.rev < this.#recent.from || place.rev > this.#rev)) {
        if (place.rev < this.#recent.from) {
          missed = await this.#missed.send(follower, place, goesOn)
          place = missed.end
        } else if (!(await this.#reach(place)) && (await this.#mayHaveGoneBack()) && goesOn()) {
          missed = undefined
          place = startFromHistory()
        }
      }
      if (!goesOn()) return
      if (missed) this.#missed.keep(missed)
      for (const frame of this.#recent.after(place.rev)) follower.send(frame)
      // A follower whose connection breaks during a send would otherwise be added after it has left.
      if (goesOn()) this.#fanOut.add(follower)
    } finally {
      if (this.#joining.get(follower) === call) this.#joining.delete(follower)
    }
  }

  /** Stops sending, also to a follower that is still catching up. */
  unfollow(follower: Follower): void {
    this.#joining.delete(follower)
    this.#fanOut.delete(follower)
    for (const [rev, maker] of this.#makers) if (maker === follower) this.#makers.delete(rev)
  }

  /**
   * Sends the change `rev` to the follower that made it at the end of the turn in which it arrives here, even if others wait
   * for more.
   */
  sendPromptly(maker: Follower, rev: number): void {
    // Its change has most often arrived by now.
    if (rev <= this.#rev) maker.sendPromptly()
    else this.#makers.set(rev, maker)
  }

  /** Drops the frames that it keeps; a follower that needs one waits until it has been read again. */
  forget(): void {
    this.#missed.forget()
    this.#early.empty()
    this.#recent.restart(this.#rev)
    if (this.#started && this.#rev < this.#expected) this.#arm()
  }

  /** The database is at `rev`: if nothing brings this feed there soon, it reads from the database. */
  expect(rev: number): void {
    if (!this.#started || rev <= this.#rev) return
    this.#expected = Math.max(this.#expected, rev)
    this.#arm()
  }

  /** Lets go of changes that came before one that is missing: they may be of a history that was lost, and are read instead. */
  letGoOfEarly(): void {
    if (this.#early.bytes > 0) this.#early.empty()
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
    const { rev, newest } = await this.#store.present()
    if (this.#ended) return
    this.#rev = rev
    this.#recent.restart(rev)
    if (newest) this.#landmarks.add(newest)
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
      if (this.#landmarks.contradict(this.#store.encoded(change))) void this.compare()
      return
    }
    this.#expected = Math.max(this.#expected, change.rev)
    const isNext = this.#started && !this.#reading && change.rev === this.#rev + 1
    if (isNext) this.#send(change)
    else if (!this.#early.has(change.rev)) this.#early.add(this.#store.encoded(change))
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
    if (this.#makers.size === 0) return
    for (const [rev, maker] of this.#makers) {
      if (rev > this.#rev) continue
      this.#makers.delete(rev)
      maker.sendPromptly()
    }
  }

  /** @returns the bytes that it has */
  #send(change: Changed): number {
    if (this.#isFollowed) return this.#sendEncoded(this.#store.encoded(change))
    this.#passOver(change, () => this.#store.encoded(change).checksum)
    return 0
  }

  #sendEncoded(change: EncodedChange): number {
    if (!this.#isFollowed) this.#passOver(change, change.checksum)
    else {
      if (!this.#landmarks.add(change)) this.#foundAnother()
      this.#rev = change.rev
      this.#recent.add(change)
      this.#fanOut.send(change.frame, this.#traced?.leaving(change.rev))
    }
    return change.frame.length
  }

  #resetFrame(): Buffer {
    return this.#options.encodeReset?.(this.#rev) ?? encodeJson({ type: 'reset', rev: this.#rev })
  }

  #passOver(change: Pick<EncodedChange, 'rev' | 'seq' | 'id'>, checksum: number | (() => number)): void {
    if (!this.#landmarks.pass(change, checksum)) this.#foundAnother()
    this.#rev = change.rev
    this.#recent.restart(change.rev)
  }

  get #isFollowed(): boolean {
    return this.#fanOut.size > 0 || this.#joining.size > 0
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
    if (!isLogged(error))
      this.#options.log.warn(
        { err: error, stream: this.stream },
        'a feed could not read; this will be tried again',
      )
  }

  /**
   * For a follower that is ahead: one that came from a process that already knew more, or has read more than was here.
   * @returns whether the store has that many changes, and still has what the follower holds
   */
  async #reach({ rev, newest }: Position): Promise<boolean> {
    if (this.#rev < rev) {
      // A read that is under way may have begun before that process committed.
      await this.#reading
      if (this.#rev < rev && !this.#ended) await this.#read()
    }
    return this.#ended || (this.#rev >= rev && (await this.#store.holds({ rev, newest })))
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
    const history = this.#history
    const goesOn = () => !this.#ended && history === this.#history
    // If more is expected from now on, another read is asked for. If this one fails, the next `heal` asks.
    this.#expected = 0
    if (!(await this.#store.has(this.#landmarks, this.#rev))) {
      // Not from here, where it would wait for this reading to end.
      setImmediate(() => void this.compare())
      return
    }
    const from = this.#rev
    const held = this.#early.last
    let upTo = await this.#store.latest()
    // What was published had been committed; what is not there any more was so before the store went back.
    if (held > upTo && goesOn()) this.#early.empty()
    await this.#readRows(goesOn)
    while (goesOn() && this.#rev < upTo) {
      // Rows may be gone; or the store went back just now, and other changes have these numbers.
      upTo = Math.min(upTo, await this.#store.latest())
      if (!(await this.#readRows(goesOn))) break
    }
    if (!goesOn()) return
    // No row has the changes that are missing up to there any more.
    this.#rev = Math.max(this.#rev, upTo)
    if (this.#rev > from && this.#options.gapsHealed) this.#options.gapsHealed.count += 1
    this.#expected = Math.max(this.#expected, this.#rev, this.#early.last)
  }

  /** Sends all rows that come after those that were sent. @returns whether there were any */
  async #readRows(goesOn: () => boolean): Promise<boolean> {
    let found = false
    for (let more = true; more && goesOn(); ) {
      const changes = await this.#store.changesAfter(this.#rev)
      await inTurns(changes, (change) => (goesOn() ? this.#send(change) : 0))
      more = changes.length === PAGE
      found ||= changes.length > 0
    }
    return found
  }
}
