import { LiveSocket } from '../../../src/browser/live/socket.ts'

const form = document.querySelector<HTMLFormElement>('form[data-path]')
const { path = '', rev = '0', user = '' } = form?.dataset ?? {}
const socket = new LiveSocket({
  path,
  user,
  rev: Number(rev),
  onState() {},
  onFrame({ counts }) {
    for (const output of form?.querySelectorAll('output') ?? [])
      if (Array.isArray(counts)) output.textContent = String(counts[Number(output.dataset.option)])
  },
})
form?.addEventListener('submit', (event) => {
  if (socket.send({ option: Number(new FormData(form).get('option')) })) event.preventDefault()
})
