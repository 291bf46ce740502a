import { byId } from '../live/dom.ts'
import { localizeTimes } from '../live/times.ts'
import { showUnsent } from '../rooms/unsent.ts'

const { user = '' } = document.body.dataset

localizeTimes(byId('own-rooms', HTMLElement), 'recent')
showUnsent(user)
addEventListener('storage', () => showUnsent(user))
