import { showNewKey } from '../live/new-key.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'whole')
showNewKey()
