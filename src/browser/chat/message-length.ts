import { byId } from '../live/dom.ts'

/** Characters of a message. */
export const LENGTH = 4_000
/** Characters before the limit at which they begin to be counted down. */
const WARN = 400
/** Counts that are read aloud: each character would be too much. */
const STEPS = [10, 50, 100, 200, 400]

/** Counts down near the limit, visibly and now and then aloud, and marks text that is too long. */
export class MessageLength {
  readonly #text: HTMLTextAreaElement
  readonly #count = byId('composer-count', HTMLElement)
  readonly #note = byId('composer-note', HTMLElement)
  readonly #spoken = byId('composer-left', HTMLElement)
  /** Lies under the text, with the same characters in it. */
  readonly #marks = byId('composer-marks', HTMLElement)

  constructor(text: HTMLTextAreaElement) {
    this.#text = text
    text.addEventListener('scroll', () => this.#follow(), { passive: true })
  }

  /** @returns whether what is written may be said */
  check(): boolean {
    const { value } = this.#text
    // Counting characters takes an array of them: most texts are short of any limit.
    const left = value.length <= LENGTH - WARN ? LENGTH : LENGTH - [...value].length
    const fits = left >= 0
    this.#text.ariaInvalid = fits ? null : 'true'
    this.#count.textContent = left < WARN ? `${characters(Math.abs(left))} ${fits ? 'left' : 'too many'}` : ''
    const step = STEPS.find((one) => left <= one)
    say(this.#spoken, fits && step !== undefined ? `${characters(step)} or fewer left` : '')
    say(
      this.#note,
      fits ? '' : `A message can have at most ${characters(LENGTH)}. Shorten it, or send it in parts.`,
    )
    this.#mark(fits ? undefined : [...value].slice(0, LENGTH).join('').length)
    return fits
  }

  /** @param from where what is too much begins */
  #mark(from: number | undefined): void {
    this.#marks.hidden = from === undefined
    if (from === undefined) return this.#marks.replaceChildren()
    const { value } = this.#text
    const tooMuch = document.createElement('mark')
    // A text area shows a line behind its last line break, and an element does not.
    tooMuch.textContent = `${value.slice(from)}\u200b`
    this.#marks.replaceChildren(value.slice(0, from), tooMuch)
    this.#follow()
  }

  #follow(): void {
    if (!this.#marks.hidden) this.#marks.scrollTop = this.#text.scrollTop
  }
}

export function characters(count: number): string {
  return count === 1 ? '1 character' : `${count.toLocaleString()} characters`
}

function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
