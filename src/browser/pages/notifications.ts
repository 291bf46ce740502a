import { localizeTimes } from '../live/times.ts'
import { zoneHere } from '../live/zone-here.ts'

localizeTimes(document, 'recent')

// There for somebody whose zone is not known.
const zone = document.getElementById('zone')
if (zone instanceof HTMLInputElement) zone.value = zoneHere()
