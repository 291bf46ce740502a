import { type Static, Type } from 'typebox'

const Count = Type.Number({ minimum: 0 })
const Name = Type.String({ minLength: 1, maxLength: 64 })

/** Kinds of consumers that one process may tell of. */
const CONSUMERS = 40

const ByConsumer = Type.Record(Type.String({ maxLength: 64 }), Count, { maxProperties: CONSUMERS })

/** The bounds of the times in `handled`, in seconds; one more count is for all longer times. */
export const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const

/** The sample that a process sends to the others each second. Counts are of all since it started. */
export const Measurement = Type.Object({
  /** Drawn when the process started. */
  process: Name,
  /** The host and port of the process. */
  name: Name,
  started: Type.String({ maxLength: 40 }),
  connections: ByConsumer,
  received: Count,
  sent: Count,
  /** The number of frames handled within each of `BOUNDS`, and above the last; not cumulative. */
  handled: Type.Array(Count, { minItems: BOUNDS.length + 1, maxItems: BOUNDS.length + 1 }),
  errors: ByConsumer,
  /** Milliseconds of the last second. */
  loop: Type.Object({ p99: Count, longest: Count }),
  /** Bytes. */
  memory: Type.Object({ rss: Count, heap: Count }),
  gapsHealed: Count,
  evaluatorsKilled: Count,
  /** Counts of the database, so the same in all processes, as each counted them last. */
  jobs: Type.Object({ waiting: Count, failed: Count }),
})
export type Measurement = Static<typeof Measurement>

/** The figures of one process, or of all together, in `/dashboard/events`. Counts are of the last 60 seconds. */
export interface Values {
  readonly connections: Readonly<Record<string, number>>
  readonly messages_in: number
  readonly messages_out: number
  /** Milliseconds; null where nothing was handled. */
  readonly handling_p50: number | null
  readonly handling_p99: number | null
  readonly errors: Readonly<Record<string, number>>
  /** Milliseconds of the last second. */
  readonly event_loop_delay_p99: number
  readonly event_loop_delay_max: number
  /** Bytes. */
  readonly memory: number
  readonly heap: number
  readonly gaps_healed: number
  readonly evaluators_killed: number
  readonly jobs_waiting: number
  readonly jobs_failed: number
}

export interface ProcessValues extends Values {
  readonly id: string
  readonly name: string
  readonly started: string
}

/** One event of `/dashboard/events`. */
export interface Sample {
  readonly at: string
  readonly all: Values
  readonly processes: readonly ProcessValues[]
}

export const DashboardQuery = Type.Object({
  process: Type.Optional(Type.String({ maxLength: 64 })),
})
