import { CloseCode } from '../channels/index.ts'
import type { Standing } from './access.ts'

/** Why a connection to a room ends. */
export interface Ending {
  /** One of `CloseCode`. */
  readonly code: number
  readonly reason: string
}

/** The room is not there any more. */
export const gone: Ending = { code: CloseCode.notFound, reason: 'no such room' }

/** @param standing the person's relation to the room, as it is now */
export function endingOf(standing: Standing): Ending {
  const reason = standing === 'barred' ? 'you were removed from this room' : 'you left this room'
  return { code: CloseCode.forbidden, reason }
}
