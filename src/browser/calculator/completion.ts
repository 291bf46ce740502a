import Combobox from '@github/combobox-nav'
import type { Word } from '../../calculator/protocol.ts'
import { isComposing } from '../live/composing.ts'

/** A name that a line of the sheet defines. */
export interface NameSuggestion {
  readonly name: string
  /** The line that defines it. */
  readonly description: string
}

interface Suggestion {
  readonly word: string
  readonly kind: Word['kind'] | 'name'
  readonly description: string
}

/** Letters after which words are suggested. */
const LEAST = 2
/** Suggestions at once. */
const MOST = 8
const WORD = /[\p{L}_][\p{L}\p{N}_]*$/u

/**
 * Suggests functions, units, constants and the sheet's names for the word in front of the caret. Tab takes the first one
 * or the one that the arrow keys lead to, Enter only that one; Escape closes the list.
 */
export class Completion {
  readonly #input: HTMLInputElement
  readonly #list: HTMLElement
  readonly #combobox: Combobox
  readonly #sheetNames: (beginning: string) => Iterable<NameSuggestion>
  #words: readonly Word[] = []
  #asked = false
  #isOpen = false
  #isInserting = false

  /** @param names those that the sheet defines and that begin in this way, in small letters */
  constructor(
    input: HTMLInputElement,
    list: HTMLElement,
    names: (beginning: string) => Iterable<NameSuggestion>,
  ) {
    this.#input = input
    this.#list = list
    this.#sheetNames = names
    this.#combobox = new Combobox(input, list)
    input.addEventListener('input', () => this.#suggest())
    input.addEventListener('blur', () => this.#close())
    // Before the line's own keys: the arrows are those of the list while it is open.
    input.addEventListener('keydown', (event) => this.#key(event), { capture: true })
    // A press on the list must not take the caret away.
    list.addEventListener('mousedown', (event) => event.preventDefault())
    list.addEventListener('combobox-commit', ({ target }) => {
      if (target instanceof HTMLElement) this.#insert(target)
    })
  }

  #suggest(): void {
    if (this.#isInserting) return
    if (!this.#asked) this.#ask()
    const typed = this.#typed()
    const found = typed.length < LEAST ? [] : this.#matches(typed)
    if (found.length === 0) return this.#close()
    this.#list.replaceChildren(...found.map((suggestion, i) => this.#option(suggestion, i)))
    this.#list.hidden = false
    if (this.#isOpen) this.#combobox.clearSelection()
    else this.#combobox.start()
    this.#isOpen = true
  }

  /** Fetches the words of the language when they are first needed. */
  async #ask(): Promise<void> {
    this.#asked = true
    try {
      const answer = await fetch('/calculator/words.json')
      if (answer.ok) this.#words = (await answer.json()) as readonly Word[]
    } catch {
      // Without a connection there are the sheet's names; the next page asks again.
    }
  }

  #typed(): string {
    const { selectionStart, selectionEnd, value } = this.#input
    if (selectionStart === null || selectionStart !== selectionEnd) return ''
    if (/^[\p{L}\p{N}_]/u.test(value.slice(selectionStart))) return ''
    return WORD.exec(value.slice(0, selectionStart))?.[0] ?? ''
  }

  #isAfterNumber(typed: string): boolean {
    const { selectionStart, value } = this.#input
    return /\d\s*$/.test(value.slice(0, (selectionStart ?? 0) - typed.length))
  }

  #matches(typed: string): Suggestion[] {
    const small = typed.toLowerCase()
    const begins = ({ word }: Suggestion) => word !== typed && word.toLowerCase().startsWith(small)
    const whole = this.#words.find(({ word }) => word === typed)
    const names = this.#names(small).filter(begins)
    const known = new Set(names.map(({ word }) => word))
    // Another spelling of what stands there already is no suggestion: `usd` after `USD`.
    const words = this.#words.filter(
      (word) => begins(word) && !known.has(word.word) && word.description !== whole?.description,
    )
    // After a number a unit is meant, elsewhere a function. Shorter words first, which are the better known ones.
    const wanted = this.#isAfterNumber(typed) ? 'unit' : 'function'
    const rank = ({ word, kind }: Word) => word.length + (kind === wanted ? 0 : 100)
    words.sort((a, b) => rank(a) - rank(b))
    // One name of each: `rad`, not `radian` and `radians` too.
    const once = words.filter(
      ({ description }, i) => words.findIndex((other) => other.description === description) === i,
    )
    return [...names, ...once].slice(0, MOST)
  }

  #names(beginning: string): Suggestion[] {
    return [...this.#sheetNames(beginning)].map(({ name, description }) => ({
      word: name,
      kind: 'name',
      description,
    }))
  }

  #option({ word, kind, description }: Suggestion, index: number): HTMLElement {
    const option = document.createElement('li')
    option.id = `${this.#list.id}-${index}`
    option.role = 'option'
    option.dataset.word = kind === 'function' ? `${word}(` : word
    const name = document.createElement('code')
    name.textContent = word
    const about = document.createElement('span')
    about.textContent = description
    option.append(name, ' ', about)
    return option
  }

  #key(event: KeyboardEvent): void {
    if (!this.#isOpen || isComposing(event) || event.shiftKey || event.altKey || event.metaKey) return
    const chosen = this.#list.querySelector<HTMLElement>('[aria-selected="true"]')
    switch (event.key) {
      case 'ArrowDown':
        this.#combobox.navigate(1)
        break
      case 'ArrowUp':
        this.#combobox.navigate(-1)
        break
      case 'Escape':
        this.#close()
        break
      case 'Tab': {
        const option = chosen ?? this.#list.querySelector<HTMLElement>('[role="option"]')
        if (option) this.#insert(option)
        break
      }
      case 'Enter':
        if (!chosen) return this.#close()
        this.#insert(chosen)
        break
      default:
        return
    }
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  #insert(option: HTMLElement): void {
    const caret = this.#input.selectionStart ?? this.#input.value.length
    const word = option.dataset.word ?? ''
    this.#input.setRangeText(word, caret - this.#typed().length, caret, 'end')
    this.#close()
    this.#isInserting = true
    this.#input.dispatchEvent(new Event('input', { bubbles: true }))
    this.#isInserting = false
  }

  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#combobox.stop()
    this.#list.hidden = true
    this.#list.replaceChildren()
  }
}
