import { LENGTH } from '../../calculator/language/limits.ts'
import { hasVisible } from '../../channels/consumers/visible.ts'
import { byId, textNodes } from '../live/dom.ts'

export interface ExpressionInputOptions {
  /** @returns why it cannot be kept now, where it cannot */
  readonly onEnter: (expression: string) => string | undefined
  /** @returns false when it could not be sent */
  readonly onPreview: (expression: string, id: string) => boolean
  /** What ↑ and ↓ go through, oldest first. */
  readonly history: () => readonly string[]
}

/** A pause in typing after which a preview is spoken, in milliseconds: not for each key. */
const SPEAK_AFTER = 1_000
/** A pause in typing after which one is told what is wrong: half of an expression is no mistake yet. */
const WRONG_AFTER = 600
/** Characters shown on each side of a mistake. */
const AROUND = 24
/** So many previews go at once, then one each so many milliseconds: the server's limit is for the lines, too. */
const AT_ONCE = 12
const PACE = 150
const TOO_LONG = `An expression has at most ${LENGTH.toLocaleString('en')} characters.`

/** The server's answer about a line that is being typed. */
export interface PreviewAnswer {
  readonly id: string
  readonly text: string
  readonly rounded: boolean
  /** How something ambiguous was read. */
  readonly notes: readonly string[]
  readonly error: string | undefined
}

/** A heading or a comment has no value, and nothing is shown of it. */
function previewText({ text, rounded }: Pick<PreviewAnswer, 'text' | 'rounded'>): string {
  return text === '' ? '' : `${rounded ? '≈' : '='} ${text}`
}

/** Where one calculates: the value stands under the line as it is typed, Enter keeps it. */
export class ExpressionInput {
  readonly #options: ExpressionInputOptions
  readonly #form = byId('calculate', HTMLFormElement)
  readonly #input = byId('expression', HTMLInputElement)
  readonly #preview = byId('preview', HTMLElement)
  readonly #notes = byId('notes', HTMLElement)
  readonly #fault = byId('fault', HTMLElement)
  readonly #caret = byId('caret', HTMLElement)
  readonly #spoken = byId('spoken', HTMLElement)
  #asked = 0
  /** The expression whose preview is on its way, and whether the line has changed since. */
  #flight: { id: string; stale: boolean } | undefined
  #place: number | undefined
  #unfinished = ''
  #speak: ReturnType<typeof setTimeout> | undefined
  #wrong: ReturnType<typeof setTimeout> | undefined
  #allowance = AT_ONCE
  #refilledAt = Date.now()
  #later: ReturnType<typeof setTimeout> | undefined

  constructor(options: ExpressionInputOptions) {
    this.#options = options
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#enter()
    })
    this.#input.addEventListener('input', () => {
      this.#place = undefined
      this.#changed()
    })
    this.#input.addEventListener('keydown', (event) => this.#key(event))
  }

  get empty(): boolean {
    return !hasVisible(this.#input.value)
  }

  /** Puts a text where the caret is. */
  insert(text: string): void {
    this.#input.focus()
    const { selectionStart, selectionEnd, value } = this.#input
    this.#input.setRangeText(text, selectionStart ?? value.length, selectionEnd ?? value.length, 'end')
    this.#changed()
  }

  /** Puts an expression in the place of what stands there. */
  replace(expression: string): void {
    this.#input.select()
    this.insert(expression)
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
    this.#notes.textContent = ''
    this.#showFault(error)
    if (position === undefined) return
    const characters = [...expression]
    const from = characters.length > 2 * AROUND ? Math.max(0, position - AROUND) : 0
    const before = `${from > 0 ? '…' : ''}${characters.slice(from, position).join('')}`
    const at = document.createElement('mark')
    // Behind the end there is nothing; a caret stands there all the same.
    at.textContent = characters[position] ?? '\u00a0'
    const after = characters.slice(position + 1, position + AROUND).join('')
    this.#caret.replaceChildren(before, at, after)
    this.#caret.hidden = false
    const offset = characters.slice(0, position).join('').length
    this.#input.setSelectionRange(offset, offset)
  }

  /** The answer to a preview. */
  answered({ id, error, ...value }: PreviewAnswer): void {
    if (this.#flight?.id !== id) return
    const { stale } = this.#flight
    this.#flight = undefined
    if (stale) return this.#ask()
    if (this.empty) return
    if (error !== undefined) {
      this.#wrong = setTimeout(() => this.#show(error, 'preview wrong'), WRONG_AFTER)
      return
    }
    this.#show(previewText(value), 'preview')
    this.#notes.replaceChildren(...textNodes(value.notes.join(' ')))
  }

  /** Has something read out, and nothing shown. */
  say(text: string): void {
    this.#spoken.textContent = text
  }

  /** The connection is new: what was asked on the old one is not answered any more. */
  connected(): void {
    this.#flight = undefined
    this.#ask()
  }

  /** Nothing more can be calculated here; what stands in the line can still be copied. */
  close(): void {
    this.#input.readOnly = true
  }

  focus(): void {
    this.#input.focus()
  }

  get #tooLong(): boolean {
    return [...this.#input.value].length > LENGTH
  }

  #enter(): void {
    const expression = this.#input.value
    if (this.empty) return
    const fault = this.#tooLong ? TOO_LONG : this.#options.onEnter(expression)
    if (fault !== undefined) return this.#showFault(fault)
    this.#input.value = ''
    this.#place = undefined
    // The server drops a preview when its line is kept.
    this.#flight = undefined
    this.#clear()
  }

  #show(text: string, className: string): void {
    this.#preview.className = className
    this.#preview.replaceChildren(...textNodes(text))
    this.#notes.textContent = ''
    this.#speak = setTimeout(() => this.say(text), SPEAK_AFTER)
  }

  #changed(): void {
    this.#showFault(this.#tooLong ? TOO_LONG : '')
    this.#caret.hidden = true
    this.#quiet()
    if (this.empty) return this.#clear()
    this.#preview.classList.add('stale')
    if (this.#flight) this.#flight.stale = true
    else this.#ask()
  }

  #ask(): void {
    if (this.empty || this.#tooLong) return
    if (!this.#allowed()) {
      this.#later ??= setTimeout(() => {
        this.#later = undefined
        if (!this.#flight) this.#ask()
      }, PACE)
      return
    }
    this.#asked += 1
    const id = `preview-${this.#asked}`
    if (this.#options.onPreview(this.#input.value, id)) this.#flight = { id, stale: false }
    else this.#preview.textContent = ''
  }

  #allowed(): boolean {
    const earned = Math.floor((Date.now() - this.#refilledAt) / PACE)
    this.#allowance = Math.min(AT_ONCE, this.#allowance + earned)
    this.#refilledAt += earned * PACE
    if (this.#allowance === 0) return false
    this.#allowance -= 1
    return true
  }

  #quiet(): void {
    clearTimeout(this.#speak)
    clearTimeout(this.#wrong)
  }

  #clear(): void {
    this.#quiet()
    this.#preview.textContent = ''
    this.#notes.textContent = ''
    this.#spoken.textContent = ''
    this.#caret.hidden = true
    this.#showFault('')
  }

  #showFault(error: string): void {
    this.#fault.replaceChildren(...textNodes(error))
    this.#input.ariaInvalid = error ? 'true' : null
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') this.#browse(event)
    else if (event.key === 'Escape' && this.#input.value) this.replace('')
  }

  #browse(event: KeyboardEvent): void {
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
