import { Reads } from '../chat/reads.ts'
import { byId } from '../live/dom.ts'
import { patchChildren } from '../live/html.ts'
import { watchFrontPage } from '../rooms/front-page.ts'
import { showUnsent } from '../rooms/unsent.ts'

const shown = byId('rooms', HTMLElement)
const { user = '' } = shown.dataset

showUnsent(user)
const lookSoon = watchFrontPage(user, (rooms) => {
  patchChildren(shown, [...rooms.children])
  showUnsent(user)
})
new Reads(user, lookSoon)
addEventListener('storage', () => showUnsent(user))
