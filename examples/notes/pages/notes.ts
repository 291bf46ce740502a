import { byId, find } from '../../../src/browser/live/dom.ts'
import { names } from '../../../src/browser/live/frames.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

const { room = '', rev = '0', user = '' } = byId('notes', HTMLElement).dataset
const path = `/ws/notes/${room}`
const forms = [...byId('notes', HTMLElement).querySelectorAll('form')]
const areas = forms.map((form) => find(form, 'textarea', HTMLTextAreaElement))
/** Counts changes of each field here, and those of them that are stored. Until all are, no other text replaces the field. */
const [changed, stored] = [areas.map(() => 0), areas.map(() => 0)]
const isStored = (index: number) => changed[index] === stored[index]
/** The people who are editing, by field. */
const editors = new Map<string, string>()

const say = (text: string) => byId('state', HTMLElement).replaceChildren(text)
const write = (index: number) => {
  const frame = { seq: index + 1, text: areas[index]?.value, id: `${index}-${changed[index]}` }
  if (!isStored(index)) socket.send(frame)
}
const socket = new LiveSocket({
  path,
  user,
  rev: Number(rev),
  onState({ kind }) {
    say(kind === 'live' ? '' : 'Not connected: what you write is sent later.')
    if (kind === 'live') for (const index of areas.keys()) write(index)
  },
  onFrame({ type, id, seq, text, by, error }) {
    if (type === 'error') say(String(error))
    const [written, times] = String(id).split('-').map(Number)
    if (type === 'done' && written !== undefined) stored[written] = times ?? 0
    const index = Number(seq) - 1
    const [form, area] = [forms[index], areas[index]]
    if (type !== 'field' || !form || !area) return
    find(form, '.by', HTMLElement).textContent = `Last changed by ${by}.`
    if (isStored(index) && area.value !== text) area.value = String(text)
  },
})

const editing = new LiveSocket({
  path: `${path}/editing`,
  user,
  onState: () => editors.clear(),
  onFrame({ set, gone }) {
    for (const [name, seq] of Object.entries(set ?? {})) editors.set(name, String(seq))
    for (const name of names(gone)) editors.delete(name)
    for (const [index, form] of forms.entries()) {
      const others = [...editors].filter(([name, seq]) => name !== user && seq === String(index + 1))
      const list = others.map(([name]) => name).join(', ')
      find(form, '.editors', HTMLElement).textContent = list && `Being edited by ${list}.`
    }
  },
})
const focused = () => areas.findIndex((area) => area.matches(':focus')) + 1
const edit = () => editing.send({ seq: focused() || undefined })
/** An entry that is not repeated expires after ten seconds. */
setInterval(() => focused() && edit(), 5_000)

for (const [index, area] of areas.entries()) {
  let timer: ReturnType<typeof setTimeout> | undefined
  area.addEventListener('input', () => {
    changed[index] = (changed[index] ?? 0) + 1
    clearTimeout(timer)
    timer = setTimeout(write, 400, index)
  })
  for (const turn of ['focus', 'blur']) area.addEventListener(turn, () => setTimeout(edit))
}
for (const form of forms) find(form, 'button', HTMLElement).hidden = true
