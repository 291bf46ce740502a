import type { Kind } from '../rooms/index.ts'
import {
  type Calendar,
  type PersonName,
  personName,
  type StatusView,
  statusView,
} from '../web/presentation.ts'
import type { RoomEntry } from './protocol.ts'

/** The number of unread messages, such as `12` or `99+`. */
export interface UnreadBadge {
  readonly unread: string
}

/** The mark of a room that others do not know of. */
export interface PrivateMark {
  readonly privacy: string
}

/** The mark of a room in which people are now. */
export interface HereMark {
  /** The number of people, if it is worth showing. */
  readonly count: string | undefined
  /** In words, such as `3 here`. */
  readonly words: string
}

/** A room in a list of one's own rooms. */
export interface RoomLinkView {
  readonly slug: string
  readonly name: string
  /** The words of the mark of a private room; undefined for an open one, and for a direct one, whose name tells. */
  readonly privacy: string | undefined
  /** The number of unread messages by others, such as `12` or `99+`; undefined: none. */
  readonly unread: string | undefined
  /** Undefined: nobody is there. */
  readonly here: HereMark | undefined
  /** Of the other person in a direct room; undefined: there are several, or they have none. */
  readonly status: StatusView | undefined
  /** True if it is the room that the page shows. */
  readonly current: boolean
}

/** A room on the front page. */
export interface RoomCardView extends RoomLinkView {
  /** The name of the person who said something last, and when; undefined: nothing was said yet. */
  readonly last: { readonly sender: PersonName; readonly at: string; readonly time: string } | undefined
  /** The number of members, in words. */
  readonly people: string
  readonly archived: boolean
}

/** So many are counted, of unread messages and of people: equal to it means that and more. */
const COUNTED_UNREAD = [100, 1_000]
const COUNTED_PEOPLE = 1_000

export function roomLinkView(
  { slug, name, kind, unread, online = 0, status }: LinkedRoom,
  current = false,
): RoomLinkView {
  return {
    slug,
    name,
    privacy: kind === 'private' ? 'Private' : undefined,
    current,
    unread: current || unread === 0 ? undefined : unreadText(unread),
    // Of the room that the page shows, its head tells who is there.
    here: current || online === 0 ? undefined : hereMark(online, kind),
    status: statusView(status),
  }
}

function hereMark(online: number, kind: Kind): HereMark {
  const count = online < COUNTED_PEOPLE ? String(online) : `${COUNTED_PEOPLE - 1}+`
  if (kind === 'direct')
    return online === 1 ? { count: undefined, words: 'online' } : { count, words: `${count} online` }
  return { count, words: `${count} here` }
}

/** A room as lists of links show it; `online` is left out where it is not known yet. */
type LinkedRoom = Pick<RoomEntry, 'slug' | 'name' | 'kind' | 'unread'> & {
  readonly online?: number
  readonly status?: string | undefined
}

export function roomCardView(room: RoomEntry, calendar: Calendar): RoomCardView {
  const { last, members } = room
  return {
    ...roomLinkView(room),
    last: last && {
      sender: personName(last.sender, last.sender_name),
      at: last.at,
      time: calendar.recent(last.at),
    },
    people: peopleText(members),
    archived: room.archived,
  }
}

/** A number of unread messages on a badge. */
export function unreadText(unread: number): string {
  return COUNTED_UNREAD.includes(unread) ? `${unread - 1}+` : String(unread)
}

function peopleText(members: number): string {
  if (members === 1) return 'only you'
  return members < COUNTED_PEOPLE ? `${members} people` : 'over a thousand people'
}
