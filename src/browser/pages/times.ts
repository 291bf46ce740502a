import { localizeTimes } from '../times.ts'

localizeTimes(document, 'whole')
