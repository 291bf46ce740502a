import { byId } from '../live/dom.ts'

/** A screen that is touched belongs to something with a camera. */
const touch = matchMedia('(hover: none) and (pointer: coarse)')

/** Hands on the files that somebody chooses, takes with a camera, pastes, or drops onto the room. */
export function fileSources(add: (files: readonly File[]) => void): void {
  const form = byId('composer', HTMLFormElement)
  // Without names: what is chosen is sent at once, and not with the form.
  const chooser = document.createElement('input')
  Object.assign(chooser, { type: 'file', multiple: true, id: 'files', hidden: true })
  const camera = document.createElement('input')
  Object.assign(camera, { type: 'file', accept: 'image/*', capture: 'environment', hidden: true })
  form.append(chooser, camera)
  for (const input of [chooser, camera])
    input.addEventListener('change', () => {
      const chosen = [...(input.files ?? [])]
      input.value = ''
      add(chosen)
      byId('message', HTMLTextAreaElement).focus()
    })
  const attach = byId('attach', HTMLButtonElement)
  attach.hidden = false
  attach.addEventListener('click', () => chooser.click())
  const take = byId('take-photo', HTMLButtonElement)
  take.hidden = !touch.matches
  take.addEventListener('click', () => camera.click())

  // Before the text takes it: what is copied from a document is its text, and its picture as well.
  form.addEventListener(
    'paste',
    (event) => {
      const { clipboardData: data } = event
      if (!data || data.files.length === 0 || data.getData('text/plain') !== '') return
      event.preventDefault()
      add([...data.files])
    },
    { capture: true },
  )
  takeDropped(byId('live', HTMLElement), add)
}

function takeDropped(area: HTMLElement, add: (files: readonly File[]) => void): void {
  let depth = 0
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  const show = () => area.classList.toggle('dropping', depth > 0)
  area.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    depth += 1
    show()
  })
  area.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault()
  })
  area.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return
    depth = Math.max(0, depth - 1)
    show()
  })
  area.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    depth = 0
    show()
    // Folders are left out: they have no type, and often no size.
    add([...(event.dataTransfer?.files ?? [])].filter(({ size, type }) => size > 0 || type !== ''))
  })
}
