/** The events of a connection, for whatever it serves. */
export interface ConnectionEvents {
  /** Asks to take one more frame. @returns 0 if it may be taken, otherwise the milliseconds until one may */
  admit(now: number): number
  frame(text: string): void
  /** Takes a binary frame. @returns false if binary frames are not accepted here */
  bytes(content: Buffer): boolean
  /** Tells whether one more frame beyond the rate limit is tolerated, out of everything that this person sends. */
  tolerate(now: number): boolean
  /** A frame beyond the rate limit that is not answered. */
  refused(code: string): void
  /** A frame beyond the rate limit; `wait` is how many milliseconds until one will be taken. */
  limited(text: string, wait: number): void
  /** The connection broke, or the peer violated the protocol. */
  broken(error: Error): void
  closed(code: number): void
  sent(frames: number): void
  evicted(reason: string): void
  /** Much is waiting for this peer, and perhaps for others of the same person. */
  filled(): void
}
