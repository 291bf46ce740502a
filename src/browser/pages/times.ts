import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')
