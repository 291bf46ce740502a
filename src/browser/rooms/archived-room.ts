import { byId } from '../live/dom.ts'
import { ROOMS_CHANGED } from './read-elsewhere.ts'
import { isRoomEntry } from './room-entries.ts'

/** Events by which a person acts on the content of a room's page, other than by following links. */
const ACTIONS = ['click', 'dblclick', 'keydown', 'contextmenu', 'dragstart'] as const

/**
 * Follows whether a room is archived. While it is, its page says so instead of showing a form.
 * @param form in which something is written
 * @returns tells whether the room is archived now
 */
export function followArchiving(room: string, form: HTMLElement): () => boolean {
  const notice = byId('archived', HTMLElement)
  document.addEventListener(ROOMS_CHANGED, (event) => {
    const rooms: unknown = event instanceof CustomEvent ? event.detail : []
    const found = Array.isArray(rooms)
      ? rooms.filter(isRoomEntry).find(({ slug }) => slug === room)
      : undefined
    if (!found || found.archived !== notice.hidden) return
    const hadFocus = form.contains(document.activeElement)
    notice.hidden = !found.archived
    form.hidden = found.archived
    document.body.classList.toggle('archived', found.archived)
    if (hadFocus && found.archived) byId('scroll', HTMLElement).focus({ preventScroll: true })
  })
  return () => !notice.hidden
}

/**
 * Disables everything in an element while its room is archived, except following links and reading.
 * @param isArchived tells whether it is now
 */
export function onlyReadArchived(content: HTMLElement, isArchived: () => boolean): void {
  for (const action of ACTIONS)
    content.addEventListener(
      action,
      (event) => {
        if (!isArchived() || isReading(event)) return
        event.stopImmediatePropagation()
        // A value would be inserted by its form.
        if (action === 'click') event.preventDefault()
      },
      { capture: true },
    )
}

const MOVING: ReadonlySet<string> = new Set(['Tab', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'Escape', '?'])

/** Links lead on, values are copied, and keys scroll and move the focus. */
function isReading(event: Event): boolean {
  if (event instanceof KeyboardEvent) return MOVING.has(event.key) || event.ctrlKey || event.metaKey
  return (
    event.target instanceof Element &&
    event.target.closest('a[href]:not([data-action]), [data-action="copy"]') !== null
  )
}
