import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'
import type { Receiver } from '../sockets/fan-out.ts'
import type { WriteScheduler } from '../sockets/write-scheduler.ts'
import type { Tracing } from '../tracing.ts'
import type { FeedMemory } from './feed-memory.ts'
import type { Change, FeedSource } from './feed-source.ts'

/** A follower of a feed: a connection. */
export interface Follower extends Receiver {
  readonly open: boolean
  send(frame: Buffer): void
  /** Sends whatever is waiting for this follower when the current turn ends. */
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
   * Returns the stored part of a change, by which it is recognized in the store. Needed if frames also show things that can
   * change by themselves, such as a person's name; without it the whole frame is compared.
   */
  readonly fingerprint?: (change: Changed) => string
  /**
   * The `seq` of something else in the stream, part of which is shown in a change's frame, as a reply shows the message it
   * answers. When that changes, a follower that missed both gets the change as it is by then.
   */
  readonly quoted?: (change: Changed) => number | undefined
  /** The frame that tells everyone to load the history; else `{"type":"reset","rev"}`. */
  readonly encodeReset?: (rev: number) => Buffer
  readonly tracing?: Tracing | undefined
  /** Called when the store was found to have gone back: what was read from it before belongs to another history. */
  readonly wentBack?: () => void
  /** Schedules writes; by default the scheduler of this process. */
  readonly scheduler?: WriteScheduler
  /** Counts how often changes were read that the layer had not delivered. */
  readonly gapsHealed?: { count: number } | undefined
  /** The memory that it shares with other feeds; by default with all feeds of this process. */
  readonly memory?: FeedMemory
  /** Milliseconds for which an event may be early before the changes in between are read. */
  readonly gapPatience?: number
  /** Milliseconds between checks for a lost last event. */
  readonly healInterval?: number
}

/** Carries committed changes to the processes that follow their stream. */
export interface ChangesEvent<Changed> extends ChannelEvent {
  readonly changes: readonly Changed[]
  /** The span in which they were published, where it is traced. */
  readonly trace?: string
}
