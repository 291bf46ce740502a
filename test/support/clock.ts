import type { Test } from 'tap'

/**
 * Stops the clock of this process, in which the server runs too: no budget refills while a busy machine takes its time.
 * @returns lets time go by, in milliseconds
 */
export function stopClock(t: Test): (milliseconds: number) => void {
  let now = performance.now()
  t.intercept(performance, 'now', { value: () => now })
  return (milliseconds) => {
    now += milliseconds
  }
}
