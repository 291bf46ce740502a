import { foldTall } from '../fold.ts'
import { localizeTimes } from '../times.ts'

localizeTimes(document, 'whole')
foldTall(document.querySelectorAll<HTMLElement>('#timeline article'))
