import type { Standing } from './access.ts'

/** Says why a connection to a room ends. @param standing what its person is to the room now */
export function endingOf(standing: Standing): string {
  return standing === 'barred' ? 'you were removed from this room' : 'you left this room'
}
