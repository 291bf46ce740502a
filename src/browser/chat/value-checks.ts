import type { MessageValue } from '../../chat/protocol.ts'
import { byId, find, isPlain } from '../live/dom.ts'
import { localValue } from './local-values.ts'
import type { PreviewRequests } from './preview-requests.ts'

/**
 * Compares the values in a message with the sheet as it is now, when somebody points at one or reaches it by keyboard. Where
 * nothing can be pointed at, each has a button for it: a tap on the value itself follows it to the sheet.
 */
export class ValueChecks {
  readonly #requests: PreviewRequests
  #shown: HTMLElement | undefined

  constructor(timeline: HTMLElement, requests: PreviewRequests) {
    this.#requests = requests
    timeline.addEventListener('focusin', ({ target }) => this.#check(valueAt(target)))
    timeline.addEventListener('focusout', ({ target }) => this.#leave(valueAt(target)))
    // Not for a finger: what it is about to tap must not move from under it.
    timeline.addEventListener('pointerover', ({ pointerType, target }) => {
      if (pointerType !== 'touch') this.#check(valueAt(target))
    })
    timeline.addEventListener('pointerout', ({ pointerType, target }) => {
      if (pointerType !== 'touch') this.#leave(valueAt(target))
    })
    timeline.addEventListener('click', (event) => openBeside(event, valueAt(event.target)))
    timeline.addEventListener('click', ({ target }) => this.#answer(target))
  }

  /** Answers the button beside a value, also if nothing changed; the answer stays. */
  #answer(target: EventTarget | null): void {
    const button = target instanceof Element ? target.closest('.value-now') : null
    const value = button?.parentElement?.querySelector<HTMLElement>('.message-value')
    if (value) this.#ask(value, (now) => note(value, comparison(value, now)))
  }

  #check(value: HTMLElement | undefined): void {
    if (!value || value === this.#shown) return
    this.#hide()
    this.#shown = value
    this.#ask(value, (now) => {
      if (this.#shown === value && now?.text !== value.dataset.text) note(value, comparison(value, now))
    })
  }

  #ask(value: HTMLElement, onValue: (now: MessageValue | undefined) => void): void {
    this.#requests.ask('message', `= ${value.dataset.expression ?? ''}`, ([now]) => onValue(now))
  }

  #leave(value: HTMLElement | undefined): void {
    if (value && value === this.#shown && !value.matches(':hover, :focus')) this.#hide()
  }

  #hide(): void {
    if (this.#shown) note(this.#shown, '')
    this.#shown = undefined
  }
}

/** Compares the value that was stored with the message with the one that the sheet gives now. */
function comparison(value: HTMLElement, now: MessageValue | undefined): string {
  // As it is shown, with its ≈.
  const then = find(value, 'b', HTMLElement).textContent.replace(/^= /, '')
  if (!now) return `then ${then}, now no value`
  if (now.text === value.dataset.text) return `still ${then}`
  return `then ${then}, now ${now.rounded ? '≈ ' : ''}${localValue(now.text)}`
}

function note(value: HTMLElement, text: string): void {
  const since = value.parentElement?.querySelector('.since')
  if (since) since.textContent = text
}

/** Follows a link to a line of the sheet beside the talk, where the sheet is open there. */
function openBeside(event: MouseEvent, value: HTMLElement | undefined): void {
  const frame = byId('beside', HTMLIFrameElement)
  if (!(value instanceof HTMLAnchorElement) || frame.hidden || !isPlain(event)) return
  event.preventDefault()
  frame.src = `${value.getAttribute('href')}&beside=on`
}

function valueAt(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('.message-value')) || undefined
}
