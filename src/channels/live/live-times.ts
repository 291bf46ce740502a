/** The waits of one kind of live state, in milliseconds. */
export interface LiveTimes {
  /** The time for which differences are gathered. */
  gather: number
  /** The time after which a key that nobody holds any more is reported as gone: the wait keeps a reload from flickering. */
  grace: number
  /** The time between two reports of a process that what it holds is still there. */
  renewal: number
  /** The time for which the others rely on such a report. Without another one, what the process holds counts as gone. */
  lease: number
}

export const presenceTimes: LiveTimes = { gather: 250, grace: 3_000, renewal: 15_000, lease: 45_000 }
