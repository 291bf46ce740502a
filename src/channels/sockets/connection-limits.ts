/** The limits of one connection: times in milliseconds, sizes in bytes, 0 for no limit. */
export interface ConnectionLimits {
  /** Frames per second that one person may send over all their sockets, with bursts of three times as many. */
  framesPerSecond: number
  idleTimeout: number
  /** An upgrade that is neither accepted nor refused within this time is cut off. */
  upgradeTimeout: number
  /** Time between pings of a socket, and between comments of an event stream without events. */
  pingInterval: number
  /** A peer that sends nothing for this long is assumed to be gone. */
  silenceTimeout: number
  /** If more than this is waiting for a peer, frames that may be lost are dropped. */
  lossyBuffer: number
  /** If more than this is waiting for a peer, its connection is closed with 4008. */
  fullBuffer: number
  /** A peer that reads nothing for this long, although something is waiting, is closed with 4008. */
  writeTimeout: number
  /** If more than this is waiting for all sockets of one person together, the fullest of them is closed with 4008. */
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
