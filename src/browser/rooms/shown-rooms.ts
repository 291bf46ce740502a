import renderCard from '#views/chat/room-card.eta'
import renderLink from '#views/chat/room-link.eta'
import renderBadge from '#views/chat/unread-badge.eta'
import type { RoomEntry } from '../../chat/protocol.ts'
import { roomCardView, roomLinkView, unreadText } from '../../chat/room-presentation.ts'
import { elementOf, patchChildren } from '../live/html.ts'
import { localCalendar } from '../live/times.ts'

/** Shows a person's rooms wherever the page has a place for them: as cards, in the margin, and as a number beside the name of the product. */
export function showRooms(rooms: readonly RoomEntry[]): void {
  showCards(rooms)
  showLinks(rooms)
  showTotal(rooms)
}

function showCards(rooms: readonly RoomEntry[]): void {
  const cards = document.getElementById('own-rooms')
  if (!cards) return
  const latest = rooms.toSorted((one, other) => compare(other.last?.at ?? '', one.last?.at ?? ''))
  patchChildren(
    cards,
    latest.map((room) => elementOf(renderCard(roomCardView(room, localCalendar)))),
  )
  cards.hidden = rooms.length === 0
  const none = document.getElementById('no-rooms')
  if (none) none.hidden = rooms.length > 0
  // One that the person has joined meanwhile is no longer offered to them.
  for (const room of rooms)
    document.querySelector(`#other-rooms [data-room="${CSS.escape(room.slug)}"]`)?.remove()
}

function showLinks(rooms: readonly RoomEntry[]): void {
  const list = document.getElementById('side-rooms')
  if (!list) return
  const current = list.querySelector<HTMLElement>('li:has([aria-current])')?.dataset.room
  patchChildren(
    list,
    rooms
      .toSorted((one, other) => compare(one.name, other.name))
      .map((room) => elementOf(renderLink(roomLinkView(room, room.slug === current)))),
  )
}

function showTotal(rooms: readonly RoomEntry[]): void {
  const total = document.getElementById('unread-total')
  if (!total) return
  const unread = rooms.reduce((sum, room) => sum + room.unread, 0)
  const badge = { unread: unread > 999 ? '999+' : unreadText(unread) }
  patchChildren(total, unread === 0 ? [] : [elementOf(renderBadge(badge))])
}

/** In the order of code units, as the server sorts. */
function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
