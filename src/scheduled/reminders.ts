import type { TimeZones } from '../accounts/index.ts'
import type { Schedule } from './schedule.ts'
import type { Scheduled } from './tables.ts'
import { readReminder, timeWords } from './times.ts'

/** The reminder that a person asked for, as it was written. */
export interface AskedReminder {
  readonly room: { readonly id: number; readonly slug: string }
  readonly by: { readonly id: number }
  /** The API key with which it was asked for. */
  readonly key: string | undefined
  readonly text: string
  readonly id: string | undefined
  readonly zone: string | undefined
}

export interface MadeReminder {
  readonly reminder: Scheduled
  readonly zone: string
}

/** Sets a reminder. @throws FrameError that says how it is written */
export async function remind(
  timeZones: TimeZones,
  schedule: Schedule,
  { room, by, key, text: written, id, zone: told }: AskedReminder,
): Promise<MadeReminder> {
  if (told) await timeZones.set(by.id, told)
  const zone = await timeZones.of(by.id)
  const before = await schedule.before(by.id, id)
  if (before) return { reminder: before, zone }
  const { at, text } = await readReminder(written, Temporal.Now.zonedDateTimeISO(zone))
  const reminder = await schedule.add({ user: by.id, room, kind: 'reminder', text, at, clientId: id, key })
  return { reminder, zone }
}

/** The reminder as it was understood: `I will remind you on Sun 29 Nov at 09:00 to call Zoë.` */
export function reminderWords({ reminder, zone }: MadeReminder): string {
  const at = Temporal.Instant.from(reminder.due_at).toZonedDateTimeISO(zone)
  const end = /[.!?]$/.test(reminder.text) ? '' : '.'
  return `I will remind you on ${timeWords(at, Temporal.Now.zonedDateTimeISO(zone))} to ${reminder.text}${end}`
}
