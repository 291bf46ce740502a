import { foldTall } from '../chat/fold.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')
foldTall(document.querySelectorAll<HTMLElement>('#timeline article'))
document.querySelector('.message.marked')?.scrollIntoView({ block: 'center' })
