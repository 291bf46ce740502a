/** What a client does when its connection has closed. */
export type AfterClose =
  | { readonly kind: 'retry' }
  /** Not before so many milliseconds; somewhat later is better, so that not all come at once. */
  | { readonly kind: 'wait'; readonly atLeast: number }
  | { readonly kind: 'rest' }
  | { readonly kind: 'sign-in' }
  /** Somebody else is signed in. */
  | { readonly kind: 'replaced'; readonly by: string }
  | { readonly kind: 'stop'; readonly reason: string }

const BACK_OFF = 10_000
const RESTART = 500
const LONGEST_RESTART = 60_000

/** What a close code asks for (docs/protocol.md, "Handshake"); one that says nothing asks for another try. */
export function afterClose(code: number, reason: string): AfterClose {
  switch (code) {
    case 1012:
      return { kind: 'wait', atLeast: restartDelay(reason) }
    case 4001:
      return signedOut(reason)
    case 4003:
      return { kind: 'stop', reason: 'You are not in this room any more.' }
    case 4004:
      return { kind: 'stop', reason: 'This room is gone.' }
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
  return by === undefined ? { kind: 'sign-in' } : { kind: 'replaced', by }
}
