/** The reaction of a client when its connection has closed. */
export type AfterClose =
  | { readonly kind: 'retry' }
  /** The milliseconds to wait at least; somewhat longer is better, so that not all clients reconnect at once. */
  | { readonly kind: 'wait'; readonly atLeast: number }
  | { readonly kind: 'rest' }
  /** Somebody else is signed in. */
  | { readonly kind: 'replaced'; readonly by: string }
  /** Another try would end in the same way. */
  | { readonly kind: 'stop'; readonly reason: string }

/** The close code of somebody who is not signed in, or not any more. */
export const SIGNED_OUT = 4001

const BACK_OFF = 10_000
const RESTART = 500
const LONGEST_RESTART = 60_000

/** Returns the reaction to a close code (docs/protocol.md, "Handshake"); for an unknown one, another try. */
export function afterClose(code: number, reason: string): AfterClose {
  switch (code) {
    case 1012:
      return { kind: 'wait', atLeast: restartDelay(reason) }
    case SIGNED_OUT:
      return signedOut(reason)
    case 4003:
      return { kind: 'stop', reason: 'You are no longer in this room.' }
    case 4004:
      return { kind: 'stop', reason: 'This room no longer exists.' }
    case 4009:
      return { kind: 'rest' }
    case 4029:
      return { kind: 'wait', atLeast: BACK_OFF }
    default:
      return { kind: 'retry' }
  }
}

function restartDelay(reason: string): number {
  return /^\d{1,9}$/.test(reason) ? Math.min(Number(reason), LONGEST_RESTART) : RESTART
}

function signedOut(reason: string): AfterClose {
  const by = /^signed in as (.+)$/.exec(reason)?.[1]
  return by === undefined ? { kind: 'stop', reason: 'You are signed out.' } : { kind: 'replaced', by }
}
