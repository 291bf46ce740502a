import { foldTall } from '../chat/fold.ts'
import { closeRoomMenuWhenLeft } from '../live/disclosure.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')
closeRoomMenuWhenLeft()
foldTall(document.querySelectorAll<HTMLElement>('#timeline article'))
document.querySelector('.message.marked')?.scrollIntoView({ block: 'center' })
