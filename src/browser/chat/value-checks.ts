import { byId, find } from '../live/dom.ts'
import { localValue } from './local-values.ts'
import type { PreviewRequests } from './preview-requests.ts'

/** Compares the values in a message with the sheet as it is now, when somebody points at one or reaches it by keyboard. */
export class ValueChecks {
  readonly #requests: PreviewRequests
  #shown: HTMLElement | undefined

  constructor(timeline: HTMLElement, requests: PreviewRequests) {
    this.#requests = requests
    for (const event of ['pointerover', 'focusin'])
      timeline.addEventListener(event, ({ target }) => this.#check(valueAt(target)))
    for (const event of ['pointerout', 'focusout'])
      timeline.addEventListener(event, ({ target }) => this.#leave(valueAt(target)))
    timeline.addEventListener('click', (event) => openBeside(event, valueAt(event.target)))
  }

  #check(value: HTMLElement | undefined): void {
    if (!value || value === this.#shown) return
    this.#hide()
    this.#shown = value
    const { expression = '', text = '' } = value.dataset
    this.#requests.ask('message', `= ${expression}`, ([now]) => {
      const note = value.parentElement?.querySelector('.since')
      if (this.#shown !== value || !note || now?.text === text) return
      // As it is shown, with its ≈.
      const then = find(value, 'b', HTMLElement).textContent.replace(/^= /, '')
      const rounded = now?.rounded ? '≈ ' : ''
      note.textContent = now
        ? `then ${then}, now ${rounded}${localValue(now.text)}`
        : `then ${then}, now no value`
    })
  }

  #leave(value: HTMLElement | undefined): void {
    if (value && value === this.#shown && !value.matches(':hover, :focus')) this.#hide()
  }

  #hide(): void {
    const note = this.#shown?.parentElement?.querySelector('.since')
    if (note) note.textContent = ''
    this.#shown = undefined
  }
}

/** Follows a link to a line of the sheet beside the talk, where the sheet is open there. */
function openBeside(event: MouseEvent, value: HTMLElement | undefined): void {
  const frame = byId('beside', HTMLIFrameElement)
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!(value instanceof HTMLAnchorElement) || frame.hidden || !isPlain) return
  event.preventDefault()
  frame.src = `${value.getAttribute('href')}&beside=on`
}

function valueAt(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('.message-value')) || undefined
}
