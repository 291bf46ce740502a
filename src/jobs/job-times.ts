/** The waits of the worker, in milliseconds. */
export interface JobTimes {
  /** Between two looks for jobs that are due. */
  readonly look: number
  /** For how long a process has a job without saying so again. When it is killed, another process takes the job after that. */
  readonly lease: number
  /** Between two times that a process says which jobs it still runs. */
  readonly renewal: number
  /** For which running jobs may go on when the process stops. */
  readonly stop: number
}

export const jobTimes: JobTimes = { look: 1_000, lease: 30_000, renewal: 8_000, stop: 500 }

/**
 * The milliseconds that a job waits after a failure: twice as long each time, minus up to half at random, so that jobs which
 * failed together do not all come back together.
 * @param attempts how often it has failed, from 1
 */
export function waitAfter(attempts: number, { firstWait, longestWait }: JobWaits): number {
  const wait = Math.min(firstWait * 2 ** Math.min(attempts - 1, 50), longestWait)
  return Math.round(wait * (1 - Math.random() / 2))
}

export interface JobWaits {
  /** Milliseconds after the first failure. */
  readonly firstWait: number
  readonly longestWait: number
}

/** A time as it is stored. @param milliseconds from now on */
export function timeIn(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString()
}
