import { byId } from '../live/dom.ts'
import { showNewKey } from '../live/new-key.ts'
import { localizeTimes } from '../live/times.ts'
import { offerZoneHere } from '../live/zone-here.ts'

localizeTimes(document, 'whole')
offerZoneHere(byId('zone', HTMLInputElement), byId('zone-here', HTMLElement))
showNewKey()
