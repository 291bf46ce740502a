import { byId } from '../dom.ts'
import { watchFrontPage } from '../front-page.ts'
import { showUnsent } from '../unsent.ts'

const shown = byId('rooms', HTMLElement)
const { user = '' } = shown.dataset

showUnsent(user)
watchFrontPage(user, (rooms) => {
  const focused = shown.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
  shown.replaceChildren(...rooms.children)
  if (focused) shown.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus()
  showUnsent(user)
})
addEventListener('storage', () => showUnsent(user))
