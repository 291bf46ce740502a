import { type Calendar, type PersonName, personName } from '../web/presentation.ts'

/** A notification as its person gets it. */
interface Notification {
  readonly id: number
  readonly payload: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly at: string
}

/** A notification, as `views/notifications/item.eta` shows it. */
export interface NotificationView {
  readonly id: number
  /** Leads to what it is about. */
  readonly href: string
  /** The person who caused it; undefined: another system. */
  readonly sender: PersonName | undefined
  /** The event in words, to stand behind the sender's name where there is one. */
  readonly what: string
  /** The room in which it happened. */
  readonly room: string | undefined
  /** The text of the message. */
  readonly text: string
  readonly at: string
  readonly time: string
  readonly seen: boolean
  /** The room in whose settings one chooses what one is notified of there; undefined: it is not shown. */
  readonly settings: { readonly href: string; readonly room: string } | undefined
}

/** The words for an event, and whether the room is named behind them. */
const DEEDS: Readonly<Record<string, { readonly what: string; readonly inRoom: boolean }>> = {
  mention: { what: 'mentioned you in', inRoom: true },
  reply: { what: 'replied to you in', inRoom: true },
  direct: { what: 'wrote to you', inRoom: false },
  everything: { what: 'posted in', inRoom: true },
}

export function notificationView(
  { at, id, payload }: Notification,
  seen: boolean,
  calendar: Calendar,
): NotificationView {
  const event = textOf(payload.event)
  const deed = Object.hasOwn(DEEDS, event) ? DEEDS[event] : undefined
  const room = textOf(payload.room_name)
  return {
    id,
    href: addressOf(payload),
    sender: deed && personName(textOf(payload.sender), textOf(payload.sender_name) || null),
    what: deed?.what ?? titleOf(event, payload),
    room: deed && !deed.inRoom ? undefined : room || undefined,
    text: textOf(payload.excerpt) || textOf(payload.text) || textOf(payload.body),
    at,
    time: calendar.recent(at),
    seen,
    settings: undefined,
  }
}

/** A notification in one line, for where nothing else can be shown. */
export function notificationTitle({ room, sender, what }: NotificationView): string {
  const whose = sender ? `${sender.shown} ${what}` : what
  return room === undefined ? whose : `${whose} ${sender ? '' : 'in '}${room}`
}

/** A number of unseen notifications on a badge; undefined: there are none. */
export function unseenText(unseen: number): string | undefined {
  if (unseen === 0) return undefined
  return unseen > 99 ? '99+' : String(unseen)
}

function titleOf(event: string, payload: Notification['payload']): string {
  if (event === 'reminder') return 'Reminder'
  return textOf(payload.title) || (event ? event.replaceAll('_', ' ') : 'Notification')
}

/** Returns the address of a notification: its message, its room, or a page of our own that it names. */
function addressOf({ room, seq, url }: Notification['payload']): string {
  if (typeof room === 'string' && /^[a-z0-9-]{1,64}$/.test(room))
    return typeof seq === 'number' ? `/rooms/${room}?at=${seq}#message-${seq}` : `/rooms/${room}`
  return typeof url === 'string' && /^\/(?![/\\])/.test(url) ? url : '/notifications'
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
