/** The metrics of the core, under the names of docs/protocol.md ("Operation"). */
export interface ChannelMetrics {
  readonly connections: Level<'consumer'>
  /** Returns the counters of one kind of consumer, to be looked up once: frames may come a million times a second. */
  frames(consumer: string): FrameMetrics
  readonly errors: Count<'consumer' | 'code'>
  readonly evictions: Count<'reason'>
  readonly handshakesRefused: Count<'reason'>
  /** How often a feed read what the layer had not delivered. */
  readonly gapsHealed: Tally
}

/** The counters for the frames of one kind of consumer. */
export interface FrameMetrics {
  readonly received: Tally
  readonly sent: Tally
  /** Seconds from the arrival of a frame until it has been handled. */
  readonly duration: { observe(seconds: number): void }
}

/** A counter that keeps its own total until it is collected. */
export interface Tally {
  count: number
}

export interface Count<Label extends string> {
  inc(labels: Partial<Record<Label, string>>): void
}

export interface Level<Label extends string> extends Count<Label> {
  dec(labels: Partial<Record<Label, string>>): void
}

/** Returns metrics that count nothing, for servers without metrics. */
export function noMetrics(): ChannelMetrics {
  const nothing = { inc() {}, dec() {} }
  const frames = { received: { count: 0 }, sent: { count: 0 }, duration: { observe() {} } }
  return {
    connections: nothing,
    frames: () => frames,
    errors: nothing,
    evictions: nothing,
    handshakesRefused: nothing,
    gapsHealed: { count: 0 },
  }
}
