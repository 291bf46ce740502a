import { byId } from '../live/dom.ts'

/** Milliseconds for which what others change is gathered, so that a busy sheet does not talk without end. */
const GATHER = 1_500

/** Announces to screen readers: outcomes of one's own edits at once, other people's changes gathered. */
export class Announcer {
  readonly #element = byId('spoken', HTMLElement)
  #changes: string[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  say(text: string): void {
    this.#element.textContent = text
  }

  /** Somebody changed lines. */
  changed(sentence: string): void {
    this.#changes.push(sentence)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const [first = '', ...others] = this.#changes
      this.#changes = []
      const more = others.length === 1 ? '1 more change' : `${others.length} more changes`
      this.say(others.length === 0 ? first : `${first}, and ${more}`)
    }, GATHER)
  }
}
