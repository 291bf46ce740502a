/** Work that is done again and again. */
export interface Repetition {
  /** Ends it. Resolves when the work that is under way is done. */
  stop(): Promise<void>
}

/**
 * Does work every so many milliseconds, one time after the other: while one takes longer than that, none is begun. A database
 * that is slow is thus not asked more and more. A process does not stay up for it.
 *
 * @param failed is called with what the work throws; it is done again all the same
 */
export function repeat(
  interval: number,
  failed: (error: unknown) => void,
  work: () => Promise<void>,
): Repetition {
  let underWay: Promise<void> | undefined
  const timer = setInterval(() => {
    underWay ??= work()
      .catch(failed)
      .finally(() => {
        underWay = undefined
      })
  }, interval).unref()
  return {
    async stop() {
      clearInterval(timer)
      await underWay
    },
  }
}
