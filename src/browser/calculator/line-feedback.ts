import { textNodes } from '../live/dom.ts'
import type { PreviewAnswer } from './preview-requests.ts'
import type { Row } from './rows.ts'
import { draftValue } from './value-element.ts'

export interface FeedbackElements {
  readonly input: HTMLInputElement
  readonly notes: HTMLElement
  readonly fault: HTMLElement
  readonly caret: HTMLElement
}

export interface FeedbackOptions {
  readonly locale: string
  /** Shows the value of what is written; undefined: it has none, or none yet. */
  readonly onValue: (element: HTMLElement | undefined, answer: PreviewAnswer | undefined) => void
  readonly onSpoken: (text: string) => void
}

/** A pause in typing after which a value is spoken, in milliseconds: not for each key. */
const SPEAK_AFTER = 1_000
/** A pause after which one is told what is wrong with what may be unfinished: half of an expression is no mistake yet. */
const WRONG_AFTER = 600

/** Shows a line's value, notes and error beside and below it while it is being edited. */
export class LineFeedback {
  readonly #elements: FeedbackElements
  readonly #options: FeedbackOptions
  #speak: ReturnType<typeof setTimeout> | undefined
  #wrong: ReturnType<typeof setTimeout> | undefined

  constructor(elements: FeedbackElements, options: FeedbackOptions) {
    this.#elements = elements
    this.#options = options
    elements.input.addEventListener('scroll', () => this.#alignCaret())
  }

  /** Something was typed: what was said about the line is about another one. */
  typed(): void {
    this.#quiet()
    this.showFault('')
  }

  answered(answer: PreviewAnswer): void {
    this.#quiet()
    const { error, position, text, rounded, notes } = answer
    if (error !== undefined) {
      const show = () => {
        this.#options.onValue(undefined, answer)
        this.#elements.notes.textContent = ''
        this.showFault(error, position)
      }
      if (this.#isUnfinished(position)) this.#wrong = setTimeout(show, WRONG_AFTER)
      else show()
      return
    }
    this.#options.onValue(text === '' ? undefined : draftValue(text, this.#options.locale, rounded), answer)
    this.#elements.notes.replaceChildren(...textNodes(notes.join(' ')))
    if (text === '') return
    this.#speak = setTimeout(
      () => this.#options.onSpoken(`${rounded ? 'about' : 'equals'} ${text}`),
      SPEAK_AFTER,
    )
  }

  /** @param position the code point that is wrong, where one is known; a caret stands under it */
  showFault(fault: string, position?: number): void {
    this.#showFault(fault === '' ? [] : textNodes(fault), position)
  }

  /** Shows the error with which a line is stored, so that it can be read while the line is mended. */
  showStored({ element, wrong }: Row): void {
    const stored = element.querySelector(':scope > .fault')
    this.#showFault([...(stored?.cloneNode(true).childNodes ?? [])], wrong)
  }

  #showFault(fault: readonly Node[], position: number | undefined): void {
    const { input, caret, fault: element } = this.#elements
    element.replaceChildren(...fault)
    input.ariaInvalid = fault.length > 0 ? 'true' : null
    caret.hidden = fault.length === 0 || position === undefined
    if (position === undefined) return
    caret.textContent = `${' '.repeat(position)}^`
    this.#alignCaret()
  }

  clear(): void {
    this.#quiet()
    this.#options.onValue(undefined, undefined)
    this.#elements.notes.textContent = ''
    this.showFault('')
  }

  #alignCaret(): void {
    const { input, caret } = this.#elements
    caret.style.setProperty('--scrolled', `${-input.scrollLeft}px`)
  }

  #isUnfinished(position: number | undefined): boolean {
    const { value, selectionStart } = this.#elements.input
    const before = value.slice(0, selectionStart ?? value.length)
    const isAtEnd = position === undefined || position >= [...value.trimEnd()].length
    return isAtEnd || /[\p{L}\p{N}_.]$/u.test(before)
  }

  #quiet(): void {
    clearTimeout(this.#speak)
    clearTimeout(this.#wrong)
  }
}
