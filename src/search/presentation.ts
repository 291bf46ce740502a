import { type FoundMessage, filesOf, plainExcerpt, plainText, withFileNames } from '../chat/index.ts'
import { type Avatar, avatarOf, type Calendar, type PersonName, personName } from '../web/presentation.ts'
import type { Context, Hit } from './search.ts'
import type { Range } from './words/locate.ts'
import { locate } from './words/locate.ts'

/** Characters of a message that are shown, and at most of those before the first match. */
const SHOWN = 320
const BEFORE = 80

/** Replaces messages by people whom the reader has blocked. */
const BLOCKED = 'A message from somebody you blocked'

/** The person who looks at the results. */
export interface Viewer {
  /** Their username. */
  readonly name: string
  /** The usernames of people they have blocked. */
  readonly blocked: ReadonlySet<string>
}

/** A piece of a text; marked if it matches the search. */
export interface HitPart {
  readonly text: string
  readonly isMarked: boolean
}

/** A message that was found, as `views/search/hit.eta` shows it. */
export interface HitView {
  /** Leads to the message in its place. */
  readonly href: string
  readonly room: string
  readonly avatar: Avatar
  readonly name: PersonName
  readonly bot: boolean
  readonly at: string
  readonly time: string
  readonly parts: readonly HitPart[]
  /** The messages right before and after it; undefined: there is none, or it was found too. */
  readonly before: ContextView | undefined
  readonly after: ContextView | undefined
}

/** The beginning of a message next to one that was found. */
export interface ContextView {
  readonly name: PersonName
  readonly excerpt: string
}

/** @param needles the searched words and phrases, as `locate` takes them */
export function hitView(
  { message, room }: Hit,
  context: Context | undefined,
  needles: readonly string[],
  viewer: Viewer,
  calendar: Calendar,
): HitView {
  const { at, bot, sender, senderName, senderPicture, seq } = message
  return {
    href: `/rooms/${room.slug}?at=${seq}#message-${seq}`,
    room: room.name,
    avatar: avatarOf(sender, sender === viewer.name, senderName, senderPicture),
    name: personName(sender, senderName),
    bot,
    at,
    time: calendar.recent(at),
    parts: viewer.blocked.has(sender) ? [{ text: BLOCKED, isMarked: false }] : partsOf(message, needles),
    before: context?.before && contextView(context.before, viewer),
    after: context?.after && contextView(context.after, viewer),
  }
}

function contextView(message: FoundMessage, { blocked }: Viewer): ContextView {
  const { sender, senderName, text } = message
  return {
    name: personName(sender, senderName),
    excerpt: blocked.has(sender) ? BLOCKED : plainExcerpt(text, filesOf(message)),
  }
}

/** A message without Markdown, and with the names of its files. */
function partsOf(message: FoundMessage, needles: readonly string[]): HitPart[] {
  const shown = withFileNames({ ...message, text: plainText(message.text) })
  const marks = locate(shown, needles)
  if (marks.length > 0 || needles.length === 0) return excerpt(shown, marks)
  // The match is in a part that is not shown, such as the address of a link.
  const text = withFileNames(message)
  return excerpt(text, locate(text, needles))
}

/** The text, or of a long text the part around the first match. */
function excerpt(text: string, marks: readonly Range[]): HitPart[] {
  const first = marks[0]?.start ?? 0
  const start = text.length <= SHOWN || first <= BEFORE ? 0 : wordAfter(text, first - BEFORE, first)
  const end = text.length - start <= SHOWN ? text.length : wordBefore(text, start + SHOWN)
  const parts: HitPart[] = []
  const add = (from: number, to: number, isMarked: boolean) => {
    const piece = text.slice(Math.max(from, start), Math.min(to, end))
    if (piece !== '') parts.push({ text: piece.toWellFormed(), isMarked })
  }
  if (start > 0) parts.push({ text: '… ', isMarked: false })
  let place = start
  for (const mark of marks) {
    add(place, mark.start, false)
    add(mark.start, mark.end, true)
    place = Math.max(place, mark.end)
  }
  add(place, end, false)
  if (end < text.length) parts.push({ text: ' …', isMarked: false })
  return parts
}

/** Finds the first beginning of a word after a place, and before `latest`. */
function wordAfter(text: string, place: number, latest: number): number {
  const space = text.slice(place, latest).search(/\s/)
  return space < 0 ? place : place + space + 1
}

/** Finds the end of the last word before a place, if it is near. */
function wordBefore(text: string, place: number): number {
  const tail = /\s\S{0,40}$/.exec(text.slice(0, place))
  return tail ? tail.index : place
}
