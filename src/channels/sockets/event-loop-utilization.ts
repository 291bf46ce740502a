import { performance } from 'node:perf_hooks'

/** Returns a function that tells in which share of the time since its last call the event loop was not idle: 0 to 1. */
export function eventLoopUtilization(): () => number {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization
  }
}
