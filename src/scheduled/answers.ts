import { NO_SUCH_ZONE, zoneNamed } from '../accounts/index.ts'
import { FrameError, hasVisible } from '../channels/index.ts'
import { HttpError } from '../web/index.ts'
import type { Scheduled } from './tables.ts'

/** Characters of a message or reminder. */
const LENGTH = 4_000

/** An entry as programs get it. */
export function entry({ id, kind, room_slug: room, text, due_at: at, failure }: Scheduled) {
  return { id, kind, room, text, at, ...(failure === null ? {} : { failure }) }
}

export function noSuchThing(): HttpError {
  const advice = 'It may have been sent or cancelled in the meantime.'
  return new HttpError(404, 'There is nothing here', advice, undefined, 'not_found')
}

/** @throws FrameError with `invalid` if a text is too long, or blank */
export function assertText(kind: Scheduled['kind'], text: string): void {
  if ([...text].length <= LENGTH && hasVisible(text)) return
  const length = LENGTH.toLocaleString('en')
  throw new FrameError('invalid', `a ${kind} must have 1 to ${length} characters, and must not be blank`)
}

/**
 * Checks the zone that a program gave. That of a form is what its browser says, and one that is not known here is left out.
 * @throws FrameError if there is no such zone: the time would be another one than was meant
 */
export function assertZone(zone: string | undefined): void {
  if (zone && zoneNamed(zone) === undefined) throw new FrameError('invalid', `zone: ${NO_SUCH_ZONE}`)
}
