import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { Test } from 'tap'
import { MEASURED_OVER } from '../../src/channels/sockets/write-scheduler.ts'
import { stopClock } from './clock.ts'

/**
 * Stops the clock of this process, in which the server runs too, and says that it is busy.
 * @returns lets time go by, in milliseconds
 */
export function busyProcess(t: Test): (milliseconds: number) => void {
  const goBy = stopClock(t)
  goBy(MEASURED_OVER + 1)
  t.intercept(performance, 'eventLoopUtilization', {
    // Asked with what it said before it tells what has been since.
    value: (_now: EventLoopUtilization, before?: EventLoopUtilization) => ({ utilization: before ? 1 : 0 }),
  })
  return goBy
}

/** Says that this process is not busy, whatever else the machine does: then nothing that is sent waits for a timer. */
export function calmProcess(t: Pick<Test, 'intercept'>): void {
  const now = performance.now.bind(performance)
  // So that it is measured now.
  t.intercept(performance, 'now', { value: () => now() + MEASURED_OVER + 1 })
  t.intercept(performance, 'eventLoopUtilization', { value: () => ({ utilization: 0 }) })
}
