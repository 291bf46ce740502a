import { byId } from '../live/dom.ts'
import { localizeTimes } from '../live/times.ts'

localizeTimes(document, 'recent')

const zone = byId('zone', HTMLInputElement)
if (zone.value === '') zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone
