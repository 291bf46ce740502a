/** The appearance of a person on a page. */
export interface Avatar {
  readonly initial: string
  /** The number of their colour, of six. */
  readonly tint: number
  /** The address of their picture, which lies on the initial; undefined: they have none. */
  readonly picture: string | undefined
  /** True if it is the reader. */
  readonly own: boolean
}

/**
 * The appearance of a person: their picture, or their initial in a colour that stays the same when they change their name.
 * @param displayName what they are called; null or undefined: their username
 * @param picture its version; null or undefined: they have none
 */
export function avatarOf(
  username: string,
  own: boolean,
  displayName?: string | null,
  picture?: string | null,
): Avatar {
  return {
    initial: initialOf(displayName ?? username),
    tint: tintOf(username),
    picture: picture ? pictureAddress(username, picture) : undefined,
    own,
  }
}

/** The appearance of a person, in a large size. */
export function largeAvatarOf(
  username: string,
  own: boolean,
  displayName?: string | null,
  picture?: string | null,
): Avatar {
  const avatar = avatarOf(username, own, displayName)
  return picture ? { ...avatar, picture: pictureAddress(username, picture, 'large') } : avatar
}

/** The address of a picture, another for each version. @param size of its square: 96 or 256 pixels */
function pictureAddress(username: string, version: string, size: 'small' | 'large' = 'small'): string {
  return `/people/${username}/picture?v=${version}${size === 'large' ? '&size=large' : ''}`
}

const ASCII_START = /^[a-z0-9](?:[a-z0-9 _-]|$)/i
let graphemes: Intl.Segmenter | undefined

/** The first character as people count them: an emoji or an accented letter is one. */
function initialOf(name: string): string {
  // Nothing combines with the first of two ASCII characters, and the segmenter is slow.
  if (ASCII_START.test(name)) return name.charAt(0)
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const [first] = graphemes.segment(name.slice(0, 64))
  return first?.segment ?? ''
}

/** A person's name, as shown next to something that they said or did. */
export interface PersonName {
  readonly shown: string
  /** Stands beside the name, so that nobody is taken for somebody else; undefined: it is the same. */
  readonly username: string | undefined
}

/** @param displayName what the person is called; null or undefined: their username */
export function personName(username: string, displayName?: string | null): PersonName {
  const shown = displayName ?? username
  return { shown, username: shown.toLowerCase() === username ? undefined : username }
}

/** A person in a sentence: with the username, as beside a name everywhere, since names need not be unique. */
export function spokenName(username: string, displayName?: string | null): string {
  const { shown, username: beside } = personName(username, displayName)
  return beside === undefined ? shown : `${shown} @${beside}`
}

/** A person's status beside their name, as `views/web/status.eta` shows it. */
export interface StatusView {
  /** Undefined: it has none. */
  readonly emoji: string | undefined
  readonly text: string
  /** All of it, in words. */
  readonly whole: string
}

const LEADING_EMOJI = /^(?<emoji>\p{RGI_Emoji})(?: (?<text>.*))?$/v

/** @param status an emoji, a text, or both with a blank between them; undefined: none */
export function statusView(status: string | undefined): StatusView | undefined {
  if (!status) return undefined
  const { emoji, text = '' } = LEADING_EMOJI.exec(status)?.groups ?? { text: status }
  return { emoji, text, whole: status }
}

/** The usernames that accounts have once they are deleted. */
const DELETED = /^deleted-/

/** The address of a person's page; undefined: their account was deleted, and has none. */
export function personAddress(username: string): string | undefined {
  return DELETED.test(username) ? undefined : `/people/${username}`
}

/** A person in the list of who is here. */
export interface PersonView {
  readonly avatar: Avatar
  readonly name: PersonName
  /** The address of their page; undefined: there is none. */
  readonly address: string | undefined
  readonly status: StatusView | undefined
  /** True if it is the reader. */
  readonly own: boolean
}

/** The reason why a text has not been sent, and the label of the button that sends it. */
export interface FailureView {
  readonly reason: string
  /** True if it was just refused, so that it is read aloud; what is left from earlier days is found by its reader. */
  readonly isRefused: boolean
  readonly retry: string
  /** True if it can go back to the field in which it was written; several lines do not fit in one. */
  readonly canEdit: boolean
}

/** Writes days and times: the server in UTC, a browser in its own time zone. */
export interface Calendar {
  /** Names a day; the same for all times of a day, and for no other's. */
  day(at: string): string
  /** The time of day. */
  time(at: string): string
  /** The time of day of what happened today, and the day of what happened before. */
  recent(at: string): string
  /** Date and time, where one asks for more; undefined: there is no more to tell. */
  full(at: string): string | undefined
}

function tintOf(name: string): number {
  return [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 6
}

/** A time as the server writes it, to the minute. @param at ISO 8601 */
export function minuteText(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`
}

/** Times as the server writes them, which knows nobody's time zone. */
export const utcCalendar: Calendar = {
  day: (at) => at.slice(0, 10),
  time: (at) => `${at.slice(11, 16)} UTC`,
  recent: minuteText,
  full: () => undefined,
}

/** A piece of a text; text between backticks is code. */
export interface TextPart {
  readonly text: string
  readonly isCode: boolean
}

export type TextParts = readonly TextPart[]

/** A text as `views/web/code-parts.eta` shows it. */
export interface CodeText {
  readonly parts: TextParts
}

/** Splits a text at its backticks: "`m` is also the metre." A backtick without a second one is kept. */
export function codeParts(text: string): TextPart[] {
  return text.split(/(`[^`]+`)/).flatMap((piece) => {
    if (piece === '') return []
    const isCode = piece.length > 2 && piece.startsWith('`') && piece.endsWith('`')
    return [{ text: isCode ? piece.slice(1, -1) : piece, isCode }]
  })
}
