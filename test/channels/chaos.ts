import { mock } from 'node:test'
import type { FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import type { Feed } from '../../src/channels/feed/feed.ts'
import type { Follower } from '../../src/channels/feed/feed-options.ts'
import type { Change, FeedSource, Standing } from '../../src/channels/feed/feed-source.ts'
import { Feeds } from '../../src/channels/feed/feeds.ts'
import type { ChannelEvent, ChannelLayer, Receive } from '../../src/channels/layers/layer.ts'
import type { FanOut } from '../../src/channels/sockets/fan-out.ts'
import { type PromptReceiver, WriteScheduler } from '../../src/channels/sockets/write-scheduler.ts'
import { Dice } from './dice.ts'
import { type ChangedLine, RandomSheet, type SheetLine } from './random-sheet.ts'

/** A message, or a line of a sheet, as it stands after its latest change. */
type Row = Message | LineRow

interface Message extends Change {
  readonly seq: number
  readonly id: string
  /** Empty when it was deleted. */
  readonly text: string
  readonly reactions: number
}

interface LineRow extends Change, ChangedLine {
  readonly seq: number
  readonly id: string
  /** The last change of the edit that changed it. */
  readonly until: number
}

/** Tells all followers to load the history. */
interface Reset {
  readonly type: 'reset'
  readonly rev: number
}

/** Everything in progress. Nothing continues until it is chosen, in any order: the dice replace time. */
class Tasks {
  readonly #dice: Dice
  #waiting: (() => void)[] = []

  constructor(dice: Dice) {
    this.#dice = dice
  }

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  add(task: () => void): void {
    this.#waiting.push(task)
  }

  pause(): Promise<void> {
    return new Promise((resolve) => this.add(resolve))
  }

  runOne(): void {
    const last = this.#waiting.length - 1
    if (last < 0) return
    const index = this.#dice.between(0, last)
    const [task] = this.#waiting.splice(index, 1)
    task?.()
  }
}

/** The truth: rows with the latest change of each message or line, and every change that was ever committed. */
class Truth implements FeedSource<Row> {
  readonly #dice: Dice
  readonly #tasks: Tasks
  #rows = new Map<number, Row>()
  #log: Row[] = []
  /** Every change that was ever committed, including those of lost histories. */
  readonly #committed = new Set<string>()
  /** Undefined if the rows are messages. */
  readonly #sheet: RandomSheet | undefined
  /** The rows that were changed in a lost history. */
  readonly #changedInVain = new Set<number>()
  /** How likely a query fails. */
  faults = 0
  /** How often the store was restored. */
  losses = 0

  constructor(dice: Dice, tasks: Tasks) {
    this.#dice = dice
    this.#tasks = tasks
    this.#sheet = dice.chance(0.5) ? new RandomSheet(dice) : undefined
  }

  get rev(): number {
    return this.#log.length
  }

  /** One transaction: new messages and commands about earlier messages, or edits of a sheet. */
  commit(changes: number): Row[] {
    const committed: Row[] = []
    for (let change = 0; change < (this.#sheet ? Math.min(changes, 60) : changes); change += 1)
      for (const row of this.#sheet ? this.#edited(this.#sheet) : this.#message(committed)) {
        this.#rows.set(row.seq, row)
        this.#log.push(row)
        this.#committed.add(JSON.stringify(row))
        committed.push(row)
      }
    return committed
  }

  #edited(sheet: RandomSheet): LineRow[] {
    const first = this.rev + 1
    const changed = sheet.edit(first, this.losses, (seq) => this.#changedInVain.has(seq))
    const until = this.rev + changed.length
    return changed.map(({ line, value }, index) => {
      const { seq, id } = line
      return { rev: first + index, seq, id, line, value, until }
    })
  }

  #message(committed: readonly Row[]): Message[] {
    const rev = this.rev + 1
    const known = this.#dice.chance(0.5) ? this.#changeable() : undefined
    if (known && committed.some(({ seq }) => seq === known.seq)) return []
    return [
      known
        ? this.#changed(known, rev)
        : { rev, seq: rev, id: `${this.losses}-${rev}`, text: `said at ${rev}`, reactions: 0 },
    ]
  }

  /**
   * A message that may be changed. One that was changed in a lost history is left alone, and so is a line: a second change would
   * stand where the first did, and nothing that anybody remembers could tell the two histories apart.
   */
  #changeable(): Message | undefined {
    const messages = [...this.#rows.values()].filter((row): row is Message => 'text' in row)
    return this.#dice.pick(messages.filter(({ seq, text }) => text !== '' && !this.#changedInVain.has(seq)))
  }

  #changed(row: Message, rev: number): Message {
    const roll = this.#dice.roll()
    if (roll < 0.5) return { ...row, rev, text: `edited at ${rev}` }
    return roll < 0.8
      ? { ...row, rev, reactions: row.reactions + 1 }
      : { ...row, rev, text: '', reactions: 0 }
  }

  /** Loses the last changes, as in a failover to a replica that lags. An edit is lost whole. */
  goBack(changes: number): void {
    this.losses += 1
    let kept = Math.max(0, this.rev - changes)
    for (let last = this.#log[kept - 1]; last && 'until' in last && last.until > kept; ) {
      kept -= 1
      last = this.#log[kept - 1]
    }
    for (const { seq } of this.#log.slice(kept)) if (seq <= kept) this.#changedInVain.add(seq)
    this.#log = this.#log.slice(0, kept)
    this.#rows = this.state()
    const lines = [...this.#rows.values()].filter((row): row is LineRow => 'line' in row)
    this.#sheet?.load(
      lines.map(({ line }): SheetLine => line),
      kept,
    )
  }

  wasCommitted(row: Row): boolean {
    return this.#committed.has(JSON.stringify(row))
  }

  state(): Map<number, Row> {
    return new Map(this.#log.map((row) => [row.seq, row]))
  }

  standing(_stream: number, seq: number): Promise<Standing | undefined> {
    return this.#query(() => this.#rows.get(seq))
  }

  revs(streams: readonly number[]): Promise<Map<number, number>> {
    return this.#query(() => new Map(streams.map((stream) => [stream, this.rev])))
  }

  changes(_stream: number, after: number, upTo: number | undefined, limit: number): Promise<Row[]> {
    return this.#query(() =>
      [...this.#rows.values()]
        .filter((row) => row.rev > after && row.rev <= (upTo ?? Number.POSITIVE_INFINITY))
        .sort((one, other) => one.rev - other.rev)
        .slice(0, limit),
    )
  }

  /** A query sees the state at some point between its start and its end. */
  async #query<Answer>(look: () => Answer): Promise<Answer> {
    await this.#tasks.pause()
    if (this.#dice.chance(this.faults)) throw new Error('the database is away')
    const answer = look()
    await this.#tasks.pause()
    return answer
  }
}

/** Drops, repeats, delays and reorders events. */
class ChaosLayer implements ChannelLayer {
  readonly #dice: Dice
  readonly #tasks: Tasks
  readonly #channels = new Map<string, Receive>()
  readonly #groups = new Map<string, Set<string>>()
  readonly #listeners: (() => void)[] = []
  #made = 0
  /** Events that have not arrived. */
  #underWay = 0
  #losses = 0
  /** Those of them about changes that were lost since. */
  late = 0
  drops: number
  doubles: number

  constructor(dice: Dice, tasks: Tasks) {
    this.#dice = dice
    this.#tasks = tasks
    this.drops = dice.roll() * 0.6
    this.doubles = dice.roll() * 0.4
  }

  newChannel(receive: Receive): string {
    this.#made += 1
    const channel = `chaos.${this.#made}`
    this.#channels.set(channel, receive)
    return channel
  }

  async closeChannel(channel: string): Promise<void> {
    this.#channels.delete(channel)
  }

  async send(): Promise<void> {}

  async groupAdd(group: string, channel: string): Promise<void> {
    await this.#tasks.pause()
    this.#groups.set(group, (this.#groups.get(group) ?? new Set()).add(channel))
  }

  async groupDiscard(group: string, channel: string): Promise<void> {
    this.#groups.get(group)?.delete(channel)
  }

  async groupSend(group: string, event: ChannelEvent): Promise<void> {
    for (const channel of this.#groups.get(group) ?? []) {
      if (this.#dice.chance(this.drops)) continue
      this.#bring(channel, event)
      if (this.#dice.chance(this.doubles)) this.#bring(channel, event)
    }
  }

  #bring(channel: string, event: ChannelEvent): void {
    const losses = this.#losses
    this.#underWay += 1
    this.#tasks.add(() => {
      this.#underWay -= 1
      if (losses < this.#losses) this.late -= 1
      this.#channels.get(channel)?.(event)
    })
  }

  groupSendLocal(group: string, event: ChannelEvent): Promise<void> {
    return this.groupSend(group, event)
  }

  async work(): Promise<never> {
    throw new Error('nobody works here')
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}

  connected(): boolean {
    return true
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** The store was restored, and everything in progress was sent before. */
  goBack(): void {
    this.#losses += 1
    this.late = this.#underWay
  }

  reconnect(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** A person's browser: what it shows, and its current connection. */
class Member {
  readonly #truth: Truth
  /** The last change that was shown. */
  rev: number
  state: Map<number, Row>
  line: Line | undefined

  constructor(truth: Truth) {
    this.#truth = truth
    this.rev = truth.rev
    this.state = truth.state()
  }

  /** Whether it has loaded more than its connection has brought. */
  get isAhead(): boolean {
    return [...this.state.values()].some(({ rev }) => rev > this.rev)
  }

  /** The end of the latest edit that it has seen a part of. */
  get until(): number {
    return Math.max(0, ...[...this.state.values()].map((row) => ('until' in row ? row.until : row.rev)))
  }

  /** The newest frame that it has, whose `rev` is its own. */
  get newest(): Row | undefined {
    return [...this.state.values()].find(({ rev }) => rev === this.rev)
  }

  /** Reloads, as a page does when it is told to reset. */
  reload(rev: number): void {
    if (rev < this.rev && this.#truth.losses === 0) throw new Error(`reset to ${rev}, with ${this.rev} shown`)
    this.rev = rev
    this.state = this.#truth.state()
  }

  show(row: Row): void {
    if (row.rev <= this.rev) throw new Error(`rev ${row.rev} came after ${this.rev}`)
    if (!this.#truth.wasCommitted(row)) throw new Error(`rev ${row.rev} was never committed`)
    this.rev = row.rev
    this.state.set(row.seq, row)
  }
}

/** What members connect to. */
interface Process {
  readonly feeds: Feeds<Row>
  readonly scheduler: WriteScheduler
}

/** One connection of a member, to one process. Its frames are joined and ordered as `Connection` does. */
class Line implements Follower, PromptReceiver {
  readonly member: Member
  readonly process: Process
  readonly #tasks: Tasks
  readonly #slow: boolean
  readonly #audiences = new Set<FanOut>()
  feed: Feed<Row> | undefined
  open = true
  /** True until it is live. */
  joining = true

  constructor(member: Member, process: Process, tasks: Tasks, slow: boolean) {
    this.member = member
    this.process = process
    this.#tasks = tasks
    this.#slow = slow
  }

  /** Does what a consumer does: sends the position of the feed, then what was missed, then live frames. */
  async join(): Promise<void> {
    try {
      const feed = await this.process.feeds.open(1)
      this.feed = feed
      const { rev, newest } = this.member
      const { history } = feed
      const reset = await feed.outOfReach(rev, newest)
      // Meanwhile the person is announced to others.
      await this.#tasks.pause()
      if (reset && this.open) this.member.reload(feed.rev)
      await feed.follow(this, reset ? undefined : rev, history)
    } catch {
      this.open = false
    }
    this.joining = false
    if (!this.open) this.#leave()
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.member.line = undefined
    for (const audience of [...this.#audiences]) audience.delete(this)
    // A join in progress leaves by itself, as `disconnect` waits for `connect`.
    if (this.#following) this.#leave()
  }

  send(frame: Buffer): void {
    if (!this.open) return
    this.catchUp()
    this.#show(frame)
  }

  sendPromptly(): void {
    this.process.scheduler.sendPromptly(this)
  }

  catchUp(): void {
    for (const audience of this.#audiences) audience.flushTo(this)
  }

  write(joined: Buffer): void {
    if (this.open) this.#show(joined)
  }

  async drained(): Promise<void> {
    if (this.#slow) await this.#tasks.pause()
  }

  joined(audience: FanOut): void {
    this.#audiences.add(audience)
    this.#following = true
  }

  left(audience: FanOut): void {
    this.#audiences.delete(audience)
  }

  #following = false

  #leave(): void {
    if (this.member.line === this) this.member.line = undefined
    if (!this.feed) return
    this.feed.unfollow(this)
    this.process.feeds.release(this.feed)
    this.feed = undefined
  }

  #show(frames: Buffer): void {
    for (const line of frames.toString().trimEnd().split('\n')) {
      const frame: Row | Reset = JSON.parse(line)
      if ('type' in frame) this.member.reload(frame.rev)
      else this.member.show(frame)
    }
  }
}

/** Waits outside of the simulated time until everything that needs neither a task nor a timer has happened. */
const realImmediate = setImmediate
const settled = () => new Promise<void>((resolve) => realImmediate(resolve))

/**
 * A life of a stream: messages are said, edited, deleted and reacted to, and what changed is published through a layer that does
 * its worst, by and to two processes that are killed now and then, from a store that may be restored, while members come, fall behind,
 * go and come back. Then the layer is left alone, and each process compares itself with the database.
 *
 * The same seed lives the same life: time, the layer and the database move only when the seed's dice say so.
 *
 * @throws Error when a member saw something out of order, or does not end with the state of the database
 */
export async function live(seed: number): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] })
  try {
    await new Life(seed).run()
  } finally {
    mock.timers.reset()
  }
}

class Life {
  readonly #dice: Dice
  readonly #tasks: Tasks
  readonly #truth: Truth
  readonly #layer: ChaosLayer
  readonly #processes: Process[]
  /** Whether the store is restored in this life. */
  readonly #goesBack: boolean
  readonly #members: Member[] = []
  /** Processes that have not compared themselves with the store since it was restored. */
  #unaware = new Set<Process>()
  #now = 0
  /** The most changes in one transaction, which in some lives is more than a page, or than a feed keeps or sends. */
  readonly #burst: number

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#tasks = new Tasks(this.#dice)
    this.#truth = new Truth(this.#dice, this.#tasks)
    this.#layer = new ChaosLayer(this.#dice, this.#tasks)
    this.#processes = [this.#process(), this.#process()]
    this.#goesBack = this.#dice.chance(0.4)
    this.#burst = this.#dice.chance(0.01) ? 700 : this.#dice.between(1, 4)
    // A comparison that fails would leave a process unaware without a sign.
    this.#truth.faults = !this.#goesBack && this.#dice.chance(0.3) ? 0.1 : 0
  }

  async run(): Promise<void> {
    const length = this.#dice.between(20, 150)
    for (let step = 0; step < length; step += 1) {
      await this.#step()
      await settled()
    }
    this.#layer.drops = 0
    this.#truth.faults = 0
    for (const member of this.#members) if (!member.line) this.#join(member)
    await this.#quiet()
    // What a comparison finds may be known to be old only by the next one.
    for (let round = 0; round < 2; round += 1)
      for (const { feeds } of this.#processes) await this.#whileTasksRun(feeds.heal())
    await this.#quiet()
    for (const member of this.#members) this.#compare(member)
    for (const member of this.#members) member.line?.close()
    for (const { feeds } of this.#processes) feeds.close()
  }

  /** Every other process has so much to write that frames wait for each other. */
  #process(): Process {
    const log: FastifyBaseLogger = pino({ enabled: false })
    const utilization = this.#dice.chance(0.5) ? 1 : 0
    const scheduler = new WriteScheduler({ clock: () => this.#now, utilization: () => utilization })
    const feeds = new Feeds<Row>({
      layer: this.#layer,
      log,
      source: this.#truth,
      group: (stream) => `stream.${stream}`,
      event: 'stream.changed',
      encode: (row) => Buffer.from(`${JSON.stringify(row)}\n`),
      encodeReset: (rev) => Buffer.from(`${JSON.stringify({ type: 'reset', rev })}\n`),
      scheduler,
      healInterval: 1_000_000,
    })
    return { feeds, scheduler }
  }

  #pass(milliseconds: number): void {
    this.#now += milliseconds
    mock.timers.tick(milliseconds)
  }

  async #step(): Promise<void> {
    const roll = this.#dice.roll()
    if (roll < 0.5) this.#tasks.runOne()
    else if (roll < 0.7) this.#change()
    else if (roll < 0.82) this.#pass(this.#dice.between(0, 30))
    else if (roll < 0.92 && this.#unaware.size === 0) this.#comeOrGo()
    else if (roll < 0.97) this.#heal()
    else if (this.#unaware.size > 0) this.#heal()
    else if (roll < 0.98) this.#kill()
    else if (roll < 0.99) this.#layer.reconnect()
    else if (this.#goesBack) this.#goBack()
  }

  /**
   * Not while somebody has loaded a history that their process has not heard of yet; and nobody's line breaks before their process
   * has compared itself with the store. Such a page may hold a part of each history, which
   * nothing shows, and should be loaded again.
   */
  #goBack(): void {
    const changes = this.#dice.between(1, 5)
    if (this.#members.some(({ line, isAhead }) => line && isAhead)) return
    this.#truth.goBack(changes)
    this.#layer.goBack()
    this.#unaware = new Set(this.#processes)
  }

  /** A process dies with all its connections, and another takes its place. */
  #kill(): void {
    const index = this.#dice.between(0, this.#processes.length - 1)
    const killed = this.#processes[index]
    for (const { line } of this.#members) if (line?.process === killed) line?.close()
    killed?.feeds.close()
    this.#processes[index] = this.#process()
  }

  #change(): void {
    const changes = this.#truth.commit(this.#dice.between(1, this.#burst))
    // The last changes are lost now and then, with the process that made them.
    if (this.#dice.chance(0.1)) return
    const process = this.#dice.pick(this.#processes)
    void process?.feeds.publish(1, changes)
    const maker = this.#dice.pick(this.#members)?.line
    if (maker?.process === process) maker?.feed?.sendPromptly(maker, this.#truth.rev)
  }

  #comeOrGo(): void {
    const member = this.#dice.pick(this.#members)
    if (!member || (this.#members.length < 6 && this.#dice.chance(0.4))) this.#join(this.#newMember())
    else if (member.line) member.line.close()
    else this.#join(member)
  }

  #newMember(): Member {
    const member = new Member(this.#truth)
    this.#members.push(member)
    return member
  }

  #join(member: Member): void {
    const process = this.#dice.pick(this.#processes)
    if (!process) return
    const line = new Line(member, process, this.#tasks, this.#dice.chance(0.5))
    member.line = line
    void line.join()
  }

  #heal(): void {
    const process = this.#dice.pick(this.#processes)
    // Late events of a lost history are found by a later comparison.
    const unaware = this.#layer.late === 0 ? this.#unaware : new Set<Process>()
    // A heal that fails is tried again, as the interval would; and what one finds may be known to be old only by the next.
    const twice = process?.feeds.heal().then(() => process.feeds.heal())
    twice?.then(
      () => process && unaware.delete(process),
      () => {},
    )
  }

  /** Finishes everything in progress, in any order. */
  async #quiet(): Promise<void> {
    for (let calm = 0; calm < 3; ) {
      await settled()
      calm = this.#tasks.empty ? calm + 1 : 0
      this.#tasks.runOne()
      if (calm > 0) this.#pass(50)
    }
  }

  async #whileTasksRun(work: Promise<void>): Promise<void> {
    await this.#quiet()
    await work
  }

  #compare(member: Member): void {
    if (!member.line) throw new Error('a member lost its line after all faults had ended')
    if (member.rev !== this.#truth.rev)
      throw new Error(`a member ends at ${member.rev}, the database at ${this.#truth.rev}`)
    const truth = this.#truth.state()
    for (const seq of new Set([...truth.keys(), ...member.state.keys()])) {
      const [shown, stored] = [member.state, truth].map((state) => JSON.stringify(state.get(seq)))
      if (shown !== stored) throw new Error(`${seq} ends as ${shown} instead of ${stored}`)
    }
    if (member.until > member.rev) throw new Error(`a member ends within the edit up to ${member.until}`)
  }
}
