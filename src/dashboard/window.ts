import { BOUNDS, type Measurement } from './protocol.ts'

/** Seconds over which rare events are counted. */
export const WINDOW = 60

/** The activity of one process, or of all together, in the last minute, and its present state. */
export interface Activity extends Omit<Measurement, 'process' | 'name' | 'started'> {}

/** Returns the activity between two measurements of one process. @param before undefined: the process has just started */
export function activityBetween(before: Measurement | undefined, now: Measurement): Activity {
  const { connections, loop, memory, jobs } = now
  const rise = (count: (measurement: Measurement) => number) =>
    Math.max(0, count(now) - (before ? count(before) : 0))
  return {
    connections,
    loop,
    memory,
    jobs,
    received: rise(({ received }) => received),
    sent: rise(({ sent }) => sent),
    handled: now.handled.map((_, index) => rise(({ handled }) => handled[index] ?? 0)),
    errors: Object.fromEntries(
      Object.keys(now.errors).map((consumer) => [consumer, rise(({ errors }) => errors[consumer] ?? 0)]),
    ),
    gapsHealed: rise(({ gapsHealed }) => gapsHealed),
    evaluatorsKilled: rise(({ evaluatorsKilled }) => evaluatorsKilled),
  }
}

/** Adds up the activity of several processes: sums, the slowest event loop, and the jobs of the database that they share. */
export function together(activities: readonly Activity[]): Activity {
  const total = (count: (activity: Activity) => number) =>
    activities.reduce((sum, activity) => sum + count(activity), 0)
  const most = (count: (activity: Activity) => number) => Math.max(0, ...activities.map(count))
  const totals = (counts: (activity: Activity) => Record<string, number>) => {
    const consumers = new Set(activities.flatMap((activity) => Object.keys(counts(activity))))
    return Object.fromEntries(
      [...consumers].map((consumer) => [consumer, total((activity) => counts(activity)[consumer] ?? 0)]),
    )
  }
  return {
    connections: totals(({ connections }) => connections),
    errors: totals(({ errors }) => errors),
    received: total(({ received }) => received),
    sent: total(({ sent }) => sent),
    handled: [...BOUNDS, Number.POSITIVE_INFINITY].map((_, index) =>
      total(({ handled }) => handled[index] ?? 0),
    ),
    loop: { p99: most(({ loop }) => loop.p99), longest: most(({ loop }) => loop.longest) },
    memory: { rss: total(({ memory }) => memory.rss), heap: total(({ memory }) => memory.heap) },
    gapsHealed: total(({ gapsHealed }) => gapsHealed),
    evaluatorsKilled: total(({ evaluatorsKilled }) => evaluatorsKilled),
    jobs: { waiting: most(({ jobs }) => jobs.waiting), failed: most(({ jobs }) => jobs.failed) },
  }
}

/**
 * Returns the time within which a share of all frames was handled, in milliseconds: as Prometheus' `histogram_quantile`, on a line
 * between the bounds of a bucket. Null: none was handled.
 */
export function quantile(share: number, handled: readonly number[]): number | null {
  const rank = share * handled.reduce((sum, count) => sum + count, 0)
  if (rank === 0) return null
  let before = 0
  for (const [index, upper] of BOUNDS.entries()) {
    const count = handled[index] ?? 0
    if (before + count >= rank) {
      const lower = BOUNDS[index - 1] ?? 0
      return hundredths((lower + (upper - lower) * ((rank - before) / count)) * 1000)
    }
    before += count
  }
  return (BOUNDS.at(-1) ?? 0) * 1000
}

function hundredths(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
