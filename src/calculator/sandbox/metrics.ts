import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** The end of an evaluator process: `late` and `overdue` ones are killed, and one that `failed` ended by itself. */
export type EvaluatorEnd = 'late' | 'overdue' | 'stuck' | 'failed'

/** The outcome of a request: `done` with values, one `error` for all of it, or `postponed` as too much for the quick processes. */
export type EvaluationOutcome = 'done' | 'error' | 'postponed'

export interface EvaluatorMeter {
  evaluated(outcome: EvaluationOutcome, milliseconds: number): void
  ended(reason: EvaluatorEnd): void
}

/** For a pool that nobody watches. */
export const unwatched: EvaluatorMeter = { evaluated: () => {}, ended: () => {} }

/** The state of a pool at this moment. */
export interface PoolState {
  /** Processes that are ready, by the lane in which they work. */
  readonly processes: Readonly<Record<'quick' | 'slow' | 'stuck', number>>
  /** Requests that are not answered yet. */
  readonly unanswered: number
}

/** Adds what `/metrics` says of evaluators. */
export function evaluatorMetrics(registry: Registry, state: () => PoolState): EvaluatorMeter {
  const registers = [registry]
  new Gauge({
    name: 'partyline_evaluators',
    help: 'Evaluator processes that are ready, by lane: quick, slow, or stuck with what they were given',
    labelNames: ['lane'],
    registers,
    collect() {
      for (const [lane, count] of Object.entries(state().processes)) this.set({ lane }, count)
    },
  })
  new Gauge({
    name: 'partyline_evaluations_unanswered',
    help: 'Requests to calculate something that wait or run',
    registers,
    collect() {
      this.set(state().unanswered)
    },
  })
  const duration = new Histogram({
    name: 'partyline_evaluation_duration_seconds',
    help: 'From a request to calculate lines until it was answered, by outcome: done, error or postponed',
    labelNames: ['outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const ended = new Counter({
    name: 'partyline_evaluators_ended_total',
    help: 'Evaluator processes that were killed (late, overdue, stuck) or ended by themselves (failed)',
    labelNames: ['reason'],
    registers,
  })
  for (const reason of ['late', 'overdue', 'stuck', 'failed'] as const) ended.inc({ reason }, 0)
  return {
    evaluated: (outcome, milliseconds) => duration.observe({ outcome }, milliseconds / 1000),
    ended: (reason) => ended.inc({ reason }),
  }
}
