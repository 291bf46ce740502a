import { LENGTH } from '../../calculator/language/limits.ts'
import { hasVisible } from '../../channels/consumers/visible.ts'
import { isComposing } from '../live/composing.ts'
import { byId } from '../live/dom.ts'
import { browserTexts, tabTexts } from '../live/kept-texts.ts'
import { LineFeedback } from './line-feedback.ts'
import { pastedLines } from './pasted-lines.ts'
import type { AskedPreview, PreviewAnswer } from './preview-requests.ts'

export interface ExpressionInputOptions {
  readonly locale: string
  /** The key under which the text is kept over a reload. */
  readonly key: string
  /** @returns why it cannot be kept now, where it cannot */
  readonly onEnter: (expression: string) => string | undefined
  /** The text being written; undefined if there is none. */
  readonly onDraft: (draft: AskedPreview | undefined) => void
  readonly onSpoken: (text: string) => void
  /** Several lines were pasted. @returns whether they were taken */
  readonly onPaste: (expressions: readonly string[]) => boolean
  /** The up arrow in an empty line. */
  readonly onUp: () => void
  /** The lines that the arrow keys step through once something was typed, oldest first. */
  readonly history: () => readonly string[]
}

const TOO_LONG = `A line can have at most ${LENGTH.toLocaleString('en')} characters.`

/** The last line of the sheet, which is always empty: its value appears beside it while somebody types, and Enter saves it. */
export class ExpressionInput {
  readonly #options: ExpressionInputOptions
  readonly #form = byId('calculate', HTMLFormElement)
  readonly #input = byId('expression', HTMLInputElement)
  readonly #preview = byId('preview', HTMLElement)
  readonly #feedback: LineFeedback
  #place: number | undefined
  #unfinished = ''
  #wasTyped = false

  constructor(options: ExpressionInputOptions) {
    this.#options = options
    this.#feedback = new LineFeedback(
      {
        input: this.#input,
        notes: byId('notes', HTMLElement),
        fault: byId('fault', HTMLElement),
        caret: byId('caret', HTMLElement),
      },
      {
        locale: options.locale,
        onValue: (value) => {
          this.#preview.classList.remove('stale')
          this.#preview.replaceChildren(...(value ? [value] : []))
        },
        onSpoken: options.onSpoken,
      },
    )
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#enter()
    })
    this.#input.addEventListener('input', () => {
      this.#wasTyped = true
      this.#place = undefined
      this.#changed()
    })
    this.#input.addEventListener('keydown', (event) => this.#key(event))
    this.#input.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (!/[\r\n]/.test(text.trim())) return
      event.preventDefault()
      if (options.onPaste(pastedLines(text, this.#input))) this.#empty()
    })
  }

  get empty(): boolean {
    return !hasVisible(this.#input.value)
  }

  /**
   * Brings back what was being written before a reload, or in a tab that was closed. Only a page that is left keeps it for other
   * tabs, and the first of them takes it, so that no line stands in two tabs at once.
   */
  restore(): void {
    const { key } = this.#options
    if (this.#input.value === '') this.#input.value = tabTexts.get(key) || browserTexts.get(key)
    if (!this.empty) this.#changed()
    addEventListener('pagehide', () => {
      if (!this.empty) browserTexts.set(key, this.#input.value)
    })
    // It comes with the page, and when the page is shown again as it was left.
    addEventListener('pageshow', () => {
      if (browserTexts.get(key) === this.#input.value) browserTexts.set(key, '')
    })
  }

  /** True if something was typed since the last line was kept, so that the browser can undo it. */
  get canUndoTyping(): boolean {
    return this.#wasTyped
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
    tabTexts.set(this.#options.key, expression)
    this.#feedback.clear()
    this.#feedback.showFault(error, position)
    if (position === undefined) return
    const offset = [...expression].slice(0, position).join('').length
    this.#input.setSelectionRange(offset, offset)
  }

  /** The answer to a preview. */
  answered(answer: PreviewAnswer): void {
    if (!this.empty) this.#feedback.answered(answer)
  }

  /** Ends writing: nothing more can be calculated here. The text in the line can still be copied. */
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
    if (this.empty) return
    const expression = this.#input.value
    const fault = this.#tooLong ? TOO_LONG : this.#options.onEnter(expression)
    if (fault !== undefined) return this.#feedback.showFault(fault)
    this.#empty()
    // A duplicate of this tab that was closed left it for another one.
    if (browserTexts.get(this.#options.key) === expression) browserTexts.set(this.#options.key, '')
  }

  #empty(): void {
    this.#input.value = ''
    this.#wasTyped = false
    tabTexts.set(this.#options.key, '')
    this.#place = undefined
    this.#feedback.clear()
    this.#options.onDraft(undefined)
  }

  #changed(): void {
    tabTexts.set(this.#options.key, this.#input.value)
    this.#feedback.typed()
    if (this.#tooLong) return this.#feedback.showFault(TOO_LONG)
    if (this.empty) {
      this.#feedback.clear()
      return this.#options.onDraft(undefined)
    }
    this.#preview.classList.add('stale')
    this.#options.onDraft({ expression: this.#input.value, before: null })
  }

  #key(event: KeyboardEvent): void {
    if (isComposing(event) || event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key === 'ArrowUp' && this.#input.value === '') {
      event.preventDefault()
      this.#options.onUp()
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') this.#browse(event)
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
