import { renamePage } from '../live/page-title.ts'
import { ROOMS_CHANGED } from './read-elsewhere.ts'
import { isRoomEntry } from './room-entries.ts'

/** Labels that end with the name of the room. */
const LABELLED = '#scroll, .live-head > .back'

/** Shows the new name of a room everywhere on its page when the room is renamed while the page is open. */
export function followName(room: string): void {
  const places = document.querySelectorAll('[data-room-name]')
  let name = places[0]?.textContent ?? ''
  document.addEventListener(ROOMS_CHANGED, (event) => {
    const rooms: unknown = event instanceof CustomEvent ? event.detail : []
    const found = Array.isArray(rooms)
      ? rooms.filter(isRoomEntry).find(({ slug }) => slug === room)
      : undefined
    if (!found || found.name === name) return
    const rename = (text: string) =>
      text.endsWith(` ${name}`) ? text.slice(0, -name.length) + found.name : text
    for (const place of places) place.textContent = found.name
    for (const element of document.querySelectorAll(LABELLED))
      element.ariaLabel = rename(element.ariaLabel ?? '')
    for (const frame of document.querySelectorAll('iframe')) frame.title = rename(frame.title)
    renamePage((title) => title.replace(`${name} · `, () => `${found.name} · `))
    name = found.name
  })
}
