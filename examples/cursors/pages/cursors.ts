import type { ServerObject } from '../../../src/browser/client/index.ts'
import { names } from '../../../src/browser/live/frames.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

const field = document.querySelector<SVGSVGElement>('#field')
const shape = document.querySelector<SVGGElement>('#pointer')
const { path = '', user = '' } = field?.dataset ?? {}
const onFrame = ({ set, gone }: ServerObject) => {
  for (const [name, place] of Object.entries(set ?? {})) show(name, String(place))
  for (const name of names(gone)) document.getElementById(`of-${name}`)?.remove()
}
const socket = new LiveSocket({ path, user, rev: 0, onState() {}, onFrame })

function show(name: string, place: string): void {
  if (!field || !shape || name === user) return
  const pointer = document.getElementById(`of-${name}`) ?? field.appendChild(document.importNode(shape, true))
  pointer.id = `of-${name}`
  pointer.firstElementChild?.setAttribute('fill', `hsl(${name.charCodeAt(0) * 47} 70% 50%)`)
  pointer.lastElementChild?.replaceChildren(name)
  const transform = `translate(${place.replace(' ', 'px, ')}px)`
  pointer.animate({ transform }, { duration: 200, fill: 'forwards' })
}
let next = 0
field?.addEventListener('pointermove', ({ offsetX, offsetY, timeStamp }) => {
  const [x, y] = [offsetX, offsetY].map((place) => Math.round((place * 1000) / field.clientWidth))
  if (timeStamp > next && socket.send({ x, y })) next = timeStamp + 250
})
