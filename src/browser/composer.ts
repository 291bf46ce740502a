import { byId } from './dom.ts'

export interface ComposerOptions {
  /** Where a text that is being written is kept, over a reload. */
  readonly key: string
  readonly onSay: (text: string) => void
  readonly onTyping: (on: boolean) => void
}

const LENGTH = 4_000
/** Characters before the limit at which they begin to be counted down. */
const WARN = 400
/** Typing is said again after so many milliseconds, and over after so many without a key. */
const RENEW = 3_000
const PAUSE = 4_000

/** Where one writes: Enter says it, Shift and Enter begin a line. */
export class Composer {
  readonly #options: ComposerOptions
  readonly #form = byId('composer', HTMLFormElement)
  readonly #text = byId('message', HTMLTextAreaElement)
  readonly #note = byId('composer-note', HTMLElement)
  #saidTypingAt = 0
  #pause: ReturnType<typeof setTimeout> | undefined

  constructor(options: ComposerOptions) {
    this.#options = options
    if (!this.#text.value) this.#text.value = sessionStorage.getItem(options.key) ?? ''
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#say()
    })
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#say()
    })
    this.#text.addEventListener('input', () => this.#changed())
    this.#text.addEventListener('blur', () => this.#stopTyping())
    this.#fit()
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

  #say(): void {
    const text = this.#text.value
    if (!text.trim()) return
    if (characters(text) > LENGTH) return this.#count()
    this.#text.value = ''
    this.#stopTyping()
    this.#options.onSay(text)
    this.#fit()
    this.#count()
    this.#keep()
  }

  #changed(): void {
    this.#fit()
    this.#count()
    this.#keep()
    if (!this.#text.value.trim()) return this.#stopTyping()
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.#stopTyping(), PAUSE)
    if (Date.now() - this.#saidTypingAt < RENEW) return
    this.#saidTypingAt = Date.now()
    this.#options.onTyping(true)
  }

  #stopTyping(): void {
    clearTimeout(this.#pause)
    if (this.#saidTypingAt === 0) return
    this.#saidTypingAt = 0
    this.#options.onTyping(false)
  }

  #count(): void {
    const left = LENGTH - characters(this.#text.value)
    const over = left < 0
    this.#text.ariaInvalid = over ? 'true' : null
    this.#note.className = over ? 'fault' : 'note'
    if (over) this.#note.textContent = `${-left} characters too many. A message has at most ${LENGTH}.`
    else this.#note.textContent = left < WARN ? `${left} characters left` : ''
  }

  #keep(): void {
    try {
      sessionStorage.setItem(this.#options.key, this.#text.value)
    } catch {
      // A browser that keeps nothing loses an unfinished text on a reload, and no more.
    }
  }

  /** For browsers without `field-sizing`: as many rows as there are lines, up to eight. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.rows = Math.min(8, Math.max(1, this.#text.value.split('\n').length))
  }
}

function characters(text: string): number {
  return [...text].length
}
