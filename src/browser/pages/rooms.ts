import { byId } from '../dom.ts'
import { onReturn } from '../unread-counts.ts'

onReturn((rooms) => {
  const shown = byId('rooms', HTMLElement)
  // Whoever is on the list with the keyboard is not thrown off it.
  if (!shown.contains(document.activeElement)) shown.replaceChildren(...rooms.children)
})
