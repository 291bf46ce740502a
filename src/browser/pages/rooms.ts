import { byId } from '../dom.ts'
import { watchFrontPage } from '../front-page.ts'
import { Reads } from '../reads.ts'
import { showUnsent } from '../unsent.ts'

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
