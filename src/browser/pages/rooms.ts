import { Reads } from '../chat/reads.ts'
import { byId } from '../live/dom.ts'
import { watchFrontPage } from '../rooms/front-page.ts'
import { showUnsent } from '../rooms/unsent.ts'

const shown = byId('rooms', HTMLElement)
const { user = '' } = shown.dataset

showUnsent(user)
const lookSoon = watchFrontPage(user, (rooms) => {
  const focused = shown.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
  shown.replaceChildren(...rooms.children)
  if (focused) shown.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus()
  showUnsent(user)
})
new Reads(user, lookSoon)
addEventListener('storage', () => showUnsent(user))
