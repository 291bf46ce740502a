/** How much one connection may use: times in milliseconds, sizes in bytes, 0 for no limit. */
export interface ConnectionLimits {
  /** Frames that one person may send over all their sockets; three times as many at once. */
  framesPerSecond: number
  idleTimeout: number
  /** An upgrade that is neither accepted nor refused within this time is cut off. */
  upgradeTimeout: number
  /** Between pings of a socket, and after so long without an event comments of an event stream. */
  pingInterval: number
  /** A peer that sends nothing for this long is taken to be gone. */
  silenceTimeout: number
  /** When more than this waits for a peer, frames that may be lost are dropped. */
  lossyBuffer: number
  /** When more than this waits for a peer, its connection is closed with 4008. */
  fullBuffer: number
  /** A peer that reads nothing of what waits for it for this long is closed with 4008. */
  writeTimeout: number
  /** When more than this waits for all sockets of one person together, the fullest of them is closed with 4008. */
  personBuffer: number
}

export const defaultLimits: ConnectionLimits = {
  framesPerSecond: 10,
  idleTimeout: 0,
  upgradeTimeout: 30_000,
  pingInterval: 25_000,
  silenceTimeout: 60_000,
  lossyBuffer: 1024 * 1024,
  fullBuffer: 4 * 1024 * 1024,
  writeTimeout: 30_000,
  personBuffer: 16 * 1024 * 1024,
}
