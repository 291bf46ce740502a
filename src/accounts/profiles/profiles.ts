import { hasVisible } from '../../channels/index.ts'
import type { Database } from '../../storage/index.ts'
import { labelFault } from '../../text/label.ts'
import { changePerson, type PersonChange } from '../people.ts'
import type { StatusEndings } from './status-endings.ts'

export interface Status {
  /** One emoji, or empty. */
  readonly emoji: string
  readonly text: string
  /** When it ends, in ISO 8601; null: when its person takes it away. */
  readonly until: string | null
}

/** A person's pronouns and status. */
export interface Profile {
  /** Empty: they have not said. */
  readonly pronouns: string
  readonly status: Status
}

const NO_STATUS: Status = { emoji: '', text: '', until: null }

/** Characters as people count them (grapheme clusters). */
const PRONOUNS = 40
const STATUS = 100

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** After how long a status ends, by what the form calls it. */
export const ENDINGS = [
  { value: '', label: 'When I change it' },
  { value: '30m', label: 'In 30 minutes' },
  { value: '1h', label: 'In 1 hour' },
  { value: '4h', label: 'In 4 hours' },
  { value: 'today', label: 'At the end of today' },
  { value: '1w', label: 'In 1 week' },
] as const

/** The profile of a person. A status that has ended is left out; without a profile, all of it is empty. */
export async function profileOf(database: Database, user: number): Promise<Profile> {
  const row = await database.selectFrom('profiles').selectAll().where('user_id', '=', user).executeTakeFirst()
  if (!row) return { pronouns: '', status: NO_STATUS }
  const { pronouns, status_emoji: emoji, status_text: text, status_until: until } = row
  const isOver = until !== null && until <= new Date().toISOString()
  return { pronouns, status: isOver ? NO_STATUS : { emoji, text, until } }
}

export async function setPronouns(database: Database, user: number, pronouns: string): Promise<void> {
  const given = { pronouns: oneLine(pronouns) }
  await database
    .insertInto('profiles')
    .values({ user_id: user, ...given, status_emoji: '', status_text: '', status_until: null })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(given))
    .execute()
}

/** Changes a person's status. @param endings takes it away when it ends */
export function setStatus(
  database: Database,
  endings: StatusEndings,
  user: number,
  { emoji, text, until }: Status,
): Promise<PersonChange | undefined> {
  const given = { status_emoji: emoji, status_text: oneLine(text), status_until: until }
  return changePerson(database, user, async (transaction, person) => {
    if (person.deactivated) return undefined
    await transaction
      .insertInto('profiles')
      .values({ user_id: user, pronouns: '', ...given })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(given))
      .execute()
    await endings.cancel(transaction, String(user))
    if (until !== null) {
      const delay = Math.max(0, Date.parse(until) - Date.now())
      await endings.add(transaction, { payload: { user }, key: String(user), delay })
    }
    return {}
  })
}

/** Finds the fault in pronouns, as a sentence for their author; undefined: there is none. */
export function pronounsFault(pronouns: string): string | undefined {
  return lineFault(pronouns, PRONOUNS, 'Pronouns')
}

/** Finds the fault in a status and when it ends, as a sentence for its author; undefined: there is none. */
export function statusFault(
  { emoji, text }: Pick<Status, 'emoji' | 'text'>,
  ending: string,
): string | undefined {
  if (!ENDINGS.some(({ value }) => value === ending)) return 'Choose when the status is cleared.'
  if (emoji !== '' && !/^\p{RGI_Emoji}$/v.test(emoji)) return 'Choose one emoji, or none.'
  return lineFault(text, STATUS, 'A status')
}

/**
 * When a status ends.
 * @param ending one of `ENDINGS`
 * @param zone of the person's clock
 */
export function endOf(ending: string, zone: string): string | null {
  const now = Temporal.Now.zonedDateTimeISO(zone)
  const ends: Readonly<Record<string, () => Temporal.ZonedDateTime>> = {
    '30m': () => now.add({ minutes: 30 }),
    '1h': () => now.add({ hours: 1 }),
    '4h': () => now.add({ hours: 4 }),
    today: () => now.add({ days: 1 }).startOfDay(),
    '1w': () => now.add({ weeks: 1 }),
  }
  const end = Object.hasOwn(ends, ending) ? ends[ending] : undefined
  return end ? end().toInstant().toString({ fractionalSecondDigits: 3 }) : null
}

function lineFault(line: string, length: number, what: string): string | undefined {
  const tooLong = `${what} can have at most ${length} characters.`
  // Before anything else looks at it: a form may bring 256 KiB.
  if (line.length > 10 * length) return tooLong
  const trimmed = oneLine(line)
  if (trimmed === '') return undefined
  if (!hasVisible(trimmed)) return `${what} cannot be invisible.`
  if ([...graphemes.segment(trimmed)].length > length) return tooLong
  switch (labelFault(trimmed)) {
    case 'several lines':
      return `${what} must be a single line of text, without control characters.`
    case 'invisible':
      return `${what} cannot contain invisible characters. Type the text instead of pasting it.`
    case 'accents':
      return 'There are too many accents on one letter.'
  }
  return undefined
}

function oneLine(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim().toWellFormed()
}
