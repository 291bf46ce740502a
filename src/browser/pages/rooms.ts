import { byId } from '../dom.ts'
import { watchFrontPage } from '../front-page.ts'

const shown = byId('rooms', HTMLElement)

watchFrontPage(shown.dataset.user ?? '', (rooms) => {
  const focused = shown.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null
  shown.replaceChildren(...rooms.children)
  if (focused) shown.querySelector<HTMLElement>(`a[href="${CSS.escape(focused)}"]`)?.focus()
})
