import { byId, find } from '../../../src/browser/live/dom.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

const wall = byId('wall', HTMLElement)
const { room = '', rev = '0', user = '' } = wall.dataset
const seqOf = (item: Element) => Number(find(item, '[name="seq"]', HTMLInputElement).value)
const place = (item: Element) => Number(find(item, '.badge', Element).textContent) - seqOf(item) / 1000
const voteOf = (seq: unknown) => find(byId(`question-${seq}`, HTMLElement), '[name="on"]', HTMLButtonElement)

function newItem(seq: unknown): HTMLElement {
  const item = document.importNode(byId('question-0', HTMLElement), true)
  item.id = `question-${seq}`
  item.hidden = false
  find(item, '[name="seq"]', HTMLInputElement).value = String(seq)
  return wall.appendChild(item)
}

const socket = new LiveSocket({
  path: `/ws/questions/${room}`,
  user,
  rev: Number(rev),
  onState() {},
  onFrame({ type, id, error, seq, text, by, votes }) {
    Object.assign(byId('fault', HTMLElement), { textContent: String(error), hidden: type !== 'error' })
    // The answer to a vote, by its `id`. What one asks is sent by the form, which has one too.
    const [voted, on] = type === 'done' ? String(id).split('-') : []
    const className = on === 'true' ? '' : 'secondary'
    if (on) Object.assign(voteOf(voted), { value: String(on !== 'true'), ariaPressed: on, className })
    if (type !== 'question') return
    const item = document.getElementById(`question-${seq}`) ?? newItem(seq)
    for (const [selector, shown] of Object.entries({ p: text, bdi: by, '.badge': votes }))
      find(item, selector, HTMLElement).textContent = String(shown)
    const focused = document.activeElement
    wall.append(...[...wall.children].sort((a, b) => place(b) - place(a)))
    // A moved element loses the focus.
    if (focused instanceof HTMLElement) focused.focus()
  },
})

wall.addEventListener('submit', (event) => {
  const item = event.target instanceof Element && event.target.closest('li')
  const seq = item ? seqOf(item) : 0
  const on = voteOf(seq).value === 'true'
  if (socket.send({ type: 'vote', seq, on, id: `${seq}-${on}` })) event.preventDefault()
})
