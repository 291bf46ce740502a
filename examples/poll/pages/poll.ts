import type { ServerObject } from '../../../src/browser/client/index.ts'
import { LiveSocket } from '../../../src/browser/live/socket.ts'

const form = document.querySelector<HTMLFormElement>('form[data-path]')
const { path = '', rev = '0', user = '' } = form?.dataset ?? {}
const say = (text: string) => document.getElementById('fault')?.replaceChildren(text)
const onFrame = ({ type, counts, error }: ServerObject) => {
  if (type === 'error') say(String(error))
  for (const output of form?.querySelectorAll('output') ?? [])
    if (Array.isArray(counts)) output.textContent = String(counts[Number(output.dataset.option)])
}
const socket = new LiveSocket({ path, user, rev: Number(rev), onState() {}, onFrame })
form?.addEventListener('submit', (event) => {
  say('')
  if (socket.send({ option: Number(new FormData(form).get('option')) })) event.preventDefault()
})
