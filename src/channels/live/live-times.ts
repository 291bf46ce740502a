/** The waits of one kind of live state, in milliseconds. */
export interface LiveTimes {
  /** For which differences are gathered. */
  gather: number
  /** After which a key that nobody holds any more is said to be gone: a reload does not flicker. */
  grace: number
  /** Between two times at which a process tells the others that what it holds is still there. */
  renewal: number
  /** For which the others take its word for it: then what it holds is gone, as it must be. */
  lease: number
}

export const presenceTimes: LiveTimes = { gather: 250, grace: 3_000, renewal: 15_000, lease: 45_000 }
