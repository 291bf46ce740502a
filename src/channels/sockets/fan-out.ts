import type { BatchedWriter, WriteScheduler } from './write-scheduler.ts'

/** A connection as a sender to many sees it. */
export interface Receiver {
  /** Writes frames that are already joined, behind what waits for this receiver. */
  write(joined: Buffer, frames: number): void
  /** Tells the receiver who else writes to it, so that its own frames do not overtake theirs. */
  joined(fanOut: FanOut): void
  left(fanOut: FanOut): void
}

/** Is called when a frame goes out. */
export interface FanOutWatcher {
  writing(): void
  /** @param receivers how many it has been written to by now, including those who were ahead of the others */
  written(receivers: number): void
}

/**
 * The receivers in this process that get the same frames in the same order. What waits when its turn comes is one write
 * to each of them.
 */
export class FanOut implements BatchedWriter {
  readonly #scheduler: WriteScheduler
  readonly #receivers = new Set<Receiver>()
  /** Receivers that are ahead of the others, and how many of the frames that wait they have. */
  #ahead: Map<Receiver, number> | undefined
  #frames = new WaitingFrames()
  /** Watchers that are told when the waiting frames go out. */
  #watchers: FanOutWatcher[] | undefined
  flushedAt = Number.NEGATIVE_INFINITY

  constructor(scheduler: WriteScheduler) {
    this.#scheduler = scheduler
  }

  get size(): number {
    return this.#receivers.size
  }

  get waiting(): number {
    return this.#frames.count
  }

  /** From now on: what was sent earlier and waits is not for the newcomer. */
  add(receiver: Receiver): void {
    if (this.#receivers.has(receiver)) return
    if (this.waiting > 0) this.#isAhead(receiver)
    this.#receivers.add(receiver)
    receiver.joined(this)
  }

  delete(receiver: Receiver): void {
    if (this.#receivers.delete(receiver)) receiver.left(this)
  }

  /** @param watcher told when the frame goes out to those who are not ahead */
  send(frame: Buffer, watcher?: FanOutWatcher): void {
    this.#frames.add(frame)
    if (watcher) this.#watchers = [...(this.#watchers ?? []), watcher]
    this.#scheduler.flushSoon(this)
  }

  /** Writes what waits to one receiver, ahead of the others. */
  flushTo(receiver: Receiver): void {
    const from = this.#ahead?.get(receiver) ?? 0
    if (from === this.waiting || !this.#receivers.has(receiver)) return
    this.#isAhead(receiver)
    receiver.write(this.#frames.joined(from), this.waiting - from)
  }

  flush(): void {
    const frames = this.#frames
    const ahead = this.#ahead
    const watchers = this.#watchers
    this.#watchers = undefined
    if (watchers) for (const watcher of watchers) watcher.writing()
    this.#frames = new WaitingFrames()
    this.#ahead = undefined
    for (const receiver of this.#receivers) {
      const from = ahead?.get(receiver) ?? 0
      if (from < frames.count) receiver.write(frames.joined(from), frames.count - from)
    }
    if (watchers) for (const watcher of watchers) watcher.written(this.#receivers.size)
  }

  #isAhead(receiver: Receiver): void {
    this.#ahead ??= new Map()
    this.#ahead.set(receiver, this.waiting)
  }
}

/** Frames in a row, and their ends joined: a thousand receivers who are equally far ahead share one buffer. */
class WaitingFrames {
  readonly #frames: Buffer[] = []
  #joined: (Buffer | undefined)[] = []

  get count(): number {
    return this.#frames.length
  }

  add(frame: Buffer): void {
    this.#frames.push(frame)
    if (this.#joined.length > 0) this.#joined = []
  }

  /** @param from less than `count` */
  joined(from: number): Buffer {
    const known = this.#joined[from]
    if (known) return known
    const frames = this.#frames.slice(from)
    const joined = (frames.length === 1 && frames[0]) || Buffer.concat(frames)
    this.#joined[from] = joined
    return joined
  }
}
