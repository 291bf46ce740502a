import type { Measurement, ProcessValues, Values } from './protocol.ts'
import { type Activity, quantile } from './window.ts'

export function valuesOf(activity: Activity): Values {
  const { connections, errors, received, sent, handled, loop, memory, jobs } = activity
  return {
    connections,
    messages_in: received,
    messages_out: sent,
    handling_p50: quantile(0.5, handled),
    handling_p99: quantile(0.99, handled),
    errors,
    event_loop_delay_p99: loop.p99,
    event_loop_delay_max: loop.longest,
    memory: memory.rss,
    heap: memory.heap,
    gaps_healed: activity.gapsHealed,
    evaluators_killed: activity.evaluatorsKilled,
    jobs_waiting: jobs.waiting,
    jobs_failed: jobs.failed,
  }
}

export function processValuesOf(
  { process: id, name, started }: Pick<Measurement, 'process' | 'name' | 'started'>,
  activity: Activity,
): ProcessValues {
  return { id, name, started, ...valuesOf(activity) }
}
