import { type UnsentPlace, unsentPlaces } from '../client/index.ts'
import { byId } from '../live/dom.ts'

const SHEET = '/ws/calculator'

/** Shows on the front page in which rooms a person has an unsent message. */
export function showUnsent(user: string): void {
  const list = byId('unsent', HTMLElement)
  const places = unsentPlaces(user)
  list.hidden = places.length === 0
  list.replaceChildren(...places.map(unsentLine))
}

function unsentLine({ place, count }: UnsentPlace): HTMLElement {
  const line = document.createElement('p')
  const link = document.createElement('a')
  const sheet = place.startsWith(SHEET)
  const room = sheet ? place.slice(SHEET.length + 1) : place
  const path = room === '' ? '/calculator' : `/rooms/${room}${sheet ? '/calculator' : ''}`
  link.href = path
  const name = document.querySelector(`a[href="/rooms/${CSS.escape(room)}"] .room-name`)?.textContent ?? room
  link.textContent = room === '' ? 'your sheet' : name
  const things = `${count} ${sheet ? 'line' : 'message'}${count === 1 ? ' was' : 's were'}`
  line.append(`${things} not sent ${sheet && room === '' ? 'from' : 'in'} `, link)
  if (sheet && room !== '') line.append(' · Calculator')
  return line
}
