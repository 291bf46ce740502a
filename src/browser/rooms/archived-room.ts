import { byId } from '../live/dom.ts'
import { ROOMS_CHANGED } from './read-elsewhere.ts'
import { isRoomEntry } from './room-entries.ts'

/** What a person does with what stands on a page of a room, other than following links. */
const ACTIONS = ['click', 'dblclick', 'keydown', 'contextmenu', 'dragstart'] as const

/**
 * Makes the page of a room one that can only be read when the room is archived, and takes that back when it is in use again.
 * @param form in which something is written
 * @param content on which nothing can be done meanwhile, but following links and reading
 */
export function followArchiving(room: string, form: HTMLElement, content: HTMLElement): void {
  const notice = byId('archived', HTMLElement)
  document.addEventListener(ROOMS_CHANGED, (event) => {
    const rooms: unknown = event instanceof CustomEvent ? event.detail : []
    const found = Array.isArray(rooms)
      ? rooms.filter(isRoomEntry).find(({ slug }) => slug === room)
      : undefined
    if (!found || found.archived !== notice.hidden) return
    notice.hidden = !found.archived
    form.hidden = found.archived
    document.body.classList.toggle('archived', found.archived)
  })
  for (const action of ACTIONS)
    content.addEventListener(
      action,
      (event) => {
        if (!notice.hidden && !isReading(event)) event.stopImmediatePropagation()
      },
      { capture: true },
    )
}

/** Links lead on, and keys scroll and move the focus. */
function isReading(event: Event): boolean {
  if (event instanceof KeyboardEvent) return event.key === 'Tab' || event.ctrlKey || event.metaKey
  return event.target instanceof Element && event.target.closest('a[href]:not([data-action])') !== null
}
