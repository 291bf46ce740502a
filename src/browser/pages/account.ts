import { offerCopy } from '../live/copied-field.ts'
import { byId } from '../live/dom.ts'
import { localizeTimes } from '../live/times.ts'
import { offerZoneHere } from '../live/zone-here.ts'

localizeTimes(document, 'whole')
offerZoneHere(byId('zone', HTMLInputElement), byId('zone-here', HTMLElement))

const key = document.getElementById('new-key')
if (key instanceof HTMLInputElement) {
  offerCopy(key, byId('copy-key', HTMLButtonElement), byId('key-copied', HTMLElement))
  key.scrollIntoView({ block: 'center' })
  key.select()
}
