import { hasVisible } from '../../channels/consumers/visible.ts'
import { byId, find } from '../live/dom.ts'
import { tabStorage } from '../live/tab-storage.ts'
import { OwnTyping } from './typing.ts'

export interface ComposerOptions {
  /** Where a text that is being written is kept, over a reload. */
  readonly key: string
  /** @returns why it cannot be said now, where it cannot */
  readonly onSay: (text: string) => string | undefined
  readonly onTyping: (on: boolean) => void
}

const LENGTH = 4_000
/** Characters before the limit at which they begin to be counted down. */
const WARN = 400

/** Where one writes: Enter says it, Shift and Enter begin a line. */
export class Composer {
  readonly #options: ComposerOptions
  readonly #form = byId('composer', HTMLFormElement)
  readonly #text = byId('message', HTMLTextAreaElement)
  readonly #count = byId('composer-count', HTMLElement)
  readonly #note = byId('composer-note', HTMLElement)
  readonly #typing: OwnTyping

  constructor(options: ComposerOptions) {
    this.#options = options
    this.#typing = new OwnTyping(options.onTyping)
    if (!this.#text.value) this.#text.value = tabStorage.get(options.key)
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#say()
    })
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
      event.preventDefault()
      this.#say()
    })
    this.#text.addEventListener('input', () => this.#changed())
    this.#text.addEventListener('blur', () => this.#typing.stopped())
    this.#fit()
    if (this.#text.value) this.#check()
  }

  /** Gives a text back to be changed. What stands there already is kept behind it. */
  edit(text: string): void {
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text
    this.#text.focus()
    this.#changed()
  }

  focus(): void {
    this.#text.focus()
  }

  /** Nothing can be said here any more; what was being written stays, to be copied. */
  close(): void {
    this.#text.readOnly = true
    find(this.#form, 'button', HTMLButtonElement).disabled = true
  }

  #say(): void {
    const text = this.#text.value
    if (!hasVisible(text) || this.#text.readOnly || !this.#check()) return this.focus()
    const fault = this.#options.onSay(text)
    if (fault !== undefined) {
      this.#note.textContent = fault
      return this.focus()
    }
    this.#text.value = ''
    this.#typing.stopped(true)
    this.#fit()
    this.#check()
    tabStorage.set(this.#options.key, '')
    this.focus()
  }

  #changed(): void {
    this.#fit()
    this.#check()
    tabStorage.set(this.#options.key, this.#text.value)
    if (this.#text.value.trim()) this.#typing.typed()
    else this.#typing.stopped()
  }

  /** Counts for the eye, and says aloud only when a text becomes too long. @returns whether it may be said */
  #check(): boolean {
    const left = LENGTH - [...this.#text.value].length
    const fits = left >= 0
    this.#text.ariaInvalid = fits ? null : 'true'
    this.#count.textContent = left < WARN ? `${characters(Math.abs(left))} ${fits ? 'left' : 'too many'}` : ''
    const note = fits ? '' : `A message has at most ${characters(LENGTH)}.`
    if (this.#note.textContent !== note) this.#note.textContent = note
    return fits
  }

  /** For browsers without `field-sizing`. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`
  }
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${count.toLocaleString()} characters`
}

/** In some browsers the Enter that ends a composition comes after it has ended, with the code of a key of the composition. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}
