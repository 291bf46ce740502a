import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Registry } from 'prom-client'
import { BOUNDS, type Measurement } from './protocol.ts'

/** Milliseconds between two looks at the event loop's delay. */
const RESOLUTION = 20

/** The connections of people who look at the dashboard, whose samples would otherwise be counted as messages. */
export const DASHBOARD_EVENTS = 'dashboard-events'

/** Why the server killed an evaluator. One that failed ended by itself. */
const KILLED = ['late', 'overdue', 'stuck']

interface Value {
  readonly labels: Readonly<Record<string, string | number | undefined>>
  readonly value: number
}

export type Measured = Omit<Measurement, 'process' | 'name' | 'started'>

/** Measures the activity of this process by its own metrics: each call covers the time since the one before. */
export class Meter {
  readonly #registry: Registry
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>

  constructor(registry: Registry) {
    this.#registry = registry
    this.#loop = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#loop.enable()
  }

  async measure(): Promise<Measured> {
    const [connections, received, sent, duration, errors, gaps, evaluators, waiting, failed] =
      await Promise.all(
        [
          'partyline_connections',
          'partyline_messages_received_total',
          'partyline_messages_sent_total',
          'partyline_message_duration_seconds',
          'partyline_errors_total',
          'partyline_gaps_healed_total',
          'partyline_evaluators_ended_total',
          'partyline_jobs_waiting',
          'partyline_jobs_failed',
        ].map((name) => this.#values(name)),
      )
    const { rss, heapUsed } = process.memoryUsage()
    return {
      connections: byConsumer(connections),
      received: sum(received),
      sent: sum(sent?.filter(({ labels }) => labels.consumer !== DASHBOARD_EVENTS)),
      handled: handled(duration),
      errors: byConsumer(errors),
      loop: this.#delay(),
      memory: { rss, heap: heapUsed },
      gapsHealed: sum(gaps),
      evaluatorsKilled: sum(evaluators?.filter(({ labels }) => KILLED.includes(String(labels.reason)))),
      jobs: { waiting: sum(waiting), failed: sum(failed) },
    }
  }

  close(): void {
    this.#loop.disable()
  }

  async #values(name: string): Promise<readonly Value[]> {
    const metric = await this.#registry.getSingleMetric(name)?.get()
    return (metric?.values ?? []).map(({ labels, value }) => ({ labels: { ...labels }, value }))
  }

  #delay(): Measured['loop'] {
    const delay = (nanoseconds: number) => Math.max(0, tenths(nanoseconds / 1e6 - RESOLUTION))
    const isEmpty = this.#loop.count === 0
    const measured = isEmpty
      ? { p99: 0, longest: 0 }
      : { p99: delay(this.#loop.percentile(99)), longest: delay(this.#loop.max) }
    this.#loop.reset()
    return measured
  }
}

function sum(values: readonly Value[] = []): number {
  return values.reduce((sum, { value }) => sum + value, 0)
}

function byConsumer(values: readonly Value[] = []): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { labels, value } of values) {
    const consumer = String(labels.consumer).slice(0, 64)
    counts[consumer] = (counts[consumer] ?? 0) + value
  }
  return counts
}

/** A histogram of Prometheus counts in each bucket those of the smaller ones too. */
function handled(values: readonly Value[] = []): number[] {
  const within = (bound: number | '+Inf') => sum(values.filter(({ labels }) => labels.le === bound))
  const cumulated = [...BOUNDS, '+Inf' as const].map(within)
  return cumulated.map((count, index) => count - (cumulated[index - 1] ?? 0))
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
