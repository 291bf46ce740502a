import { byId } from './dom.ts'

export interface CalculateOptions {
  readonly onEnter: (expression: string) => void
  /** @returns false when it could not be sent */
  readonly onPreview: (expression: string, id: string) => boolean
  /** What ↑ and ↓ go through, oldest first. */
  readonly history: () => readonly string[]
}

/** A pause in typing after which a preview is spoken, in milliseconds: not for each key. */
const SPEAK_AFTER = 1_000
/** Characters shown on each side of a mistake. */
const AROUND = 24

/** Where one calculates: the value stands under the line as it is typed, Enter keeps it. */
export class Calculate {
  readonly #options: CalculateOptions
  readonly #form = byId('calculate', HTMLFormElement)
  readonly #input = byId('expression', HTMLInputElement)
  readonly #preview = byId('preview', HTMLElement)
  readonly #fault = byId('fault', HTMLElement)
  readonly #caret = byId('caret', HTMLElement)
  readonly #spoken = byId('spoken', HTMLElement)
  #asked = 0
  /** The expression whose preview is on its way, and whether the line has changed since. */
  #flight: { id: string; stale: boolean } | undefined
  #place: number | undefined
  #unfinished = ''
  #speak: ReturnType<typeof setTimeout> | undefined

  constructor(options: CalculateOptions) {
    this.#options = options
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#enter()
    })
    this.#input.addEventListener('input', () => {
      this.#place = undefined
      this.#changed()
    })
    this.#input.addEventListener('keydown', (event) => this.#browse(event))
  }

  get empty(): boolean {
    return this.#input.value.trim() === ''
  }

  /** Puts a text where the caret is. */
  insert(text: string): void {
    this.#input.focus()
    const { selectionStart, selectionEnd, value } = this.#input
    this.#input.setRangeText(text, selectionStart ?? value.length, selectionEnd ?? value.length, 'end')
    this.#changed()
  }

  /** Puts an expression there to be changed, in front of what stands there. */
  edit(expression: string): void {
    this.#input.setSelectionRange(0, 0)
    this.insert(expression)
  }

  /** Gives an expression back with what is wrong with it, and where. */
  giveBack(expression: string, error: string, position: number | undefined): void {
    this.#input.value = expression
    this.#preview.textContent = ''
    this.#showFault(error)
    if (position === undefined) return
    const characters = [...expression]
    const from = Math.max(0, position - AROUND)
    const lead = from > 0 ? '…' : ''
    const shown = characters.slice(from, position + AROUND).join('')
    this.#caret.hidden = false
    this.#caret.textContent = `${lead}${shown}\n${' '.repeat(lead.length + position - from)}^`
    const offset = characters.slice(0, position).join('').length
    this.#input.setSelectionRange(offset, offset)
  }

  /** The answer to a preview. */
  answered(id: string, text: string | undefined, error: string | undefined): void {
    if (this.#flight?.id !== id) return
    const { stale } = this.#flight
    this.#flight = undefined
    if (stale) return this.#ask()
    if (this.empty) return
    this.#preview.className = error === undefined ? 'preview' : 'preview wrong'
    this.#preview.textContent = error === undefined ? `= ${text}` : error
    clearTimeout(this.#speak)
    this.#speak = setTimeout(() => {
      this.#spoken.textContent = this.#preview.textContent
    }, SPEAK_AFTER)
  }

  /** The connection is new: what was asked on the old one is not answered any more. */
  connected(): void {
    this.#flight = undefined
    this.#ask()
  }

  focus(): void {
    this.#input.focus()
  }

  #enter(): void {
    const expression = this.#input.value
    if (this.empty) return
    this.#input.value = ''
    this.#place = undefined
    // The server drops a preview when its line is kept.
    this.#flight = undefined
    this.#clear()
    this.#options.onEnter(expression)
  }

  #changed(): void {
    this.#showFault('')
    this.#caret.hidden = true
    clearTimeout(this.#speak)
    if (this.empty) return this.#clear()
    this.#preview.classList.add('stale')
    if (this.#flight) this.#flight.stale = true
    else this.#ask()
  }

  #ask(): void {
    if (this.empty) return
    this.#asked += 1
    const id = `preview-${this.#asked}`
    if (this.#options.onPreview(this.#input.value, id)) this.#flight = { id, stale: false }
  }

  #clear(): void {
    this.#preview.textContent = ''
    this.#spoken.textContent = ''
    this.#caret.hidden = true
    this.#showFault('')
  }

  #showFault(error: string): void {
    this.#fault.textContent = error
    this.#input.ariaInvalid = error ? 'true' : null
  }

  #browse(event: KeyboardEvent): void {
    if ((event.key !== 'ArrowUp' && event.key !== 'ArrowDown') || event.isComposing) return
    const history = this.#options.history()
    const here = this.#place ?? history.length
    const there = here + (event.key === 'ArrowUp' ? -1 : 1)
    if (there < 0 || there > history.length) return
    event.preventDefault()
    if (here === history.length) this.#unfinished = this.#input.value
    this.#place = there
    this.#input.value = history[there] ?? this.#unfinished
    this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length)
    this.#changed()
  }
}
