/**
 * Counts the work of one evaluation. Work is charged before it is done, so that the limit of an expression does not depend on
 * the speed of the machine; the clock is a second safeguard.
 */
export interface Meter {
  /**
   * Counts work that is about to be done.
   * @param units about one microsecond of one core each, rounded up
   * @throws CalculationError `limit` when the evaluation would take more than it may
   */
  charge(units: number): void
  /**
   * Looks at the clock; called now and then within work that takes long.
   * @throws CalculationError `timeout`
   */
  tick(): void
}

/** For work that nobody has to be charged for, such as tables that are made once. */
export const UNMETERED: Meter = { charge: () => {}, tick: () => {} }
