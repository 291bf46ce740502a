export interface PresenceTimes {
  /** Milliseconds for which differences are gathered. */
  gather: number
  /** Milliseconds after which a person who has no connection any more is said to have left: a reload does not flicker. */
  grace: number
  /** Milliseconds between two times at which a process tells the others that its people are still here. */
  renewal: number
  /** Milliseconds for which the others take its word for it: then its people are gone, as it must be. */
  lease: number
}

export const presenceTimes: PresenceTimes = { gather: 250, grace: 3_000, renewal: 15_000, lease: 45_000 }
