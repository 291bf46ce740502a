import { button, byId } from './dom.ts'

export interface NoticeAction {
  readonly label: string
  readonly onClick: () => void
}

/** Milliseconds for which a notice that needs no answer is shown. */
const SHORT = 4_000

/** Shows a page's notices beside its messages. Each is read aloud when it appears. */
export class Notices {
  readonly #list = byId('notices', HTMLElement)
  readonly #focus: () => void
  /** Takes away what is told at the moment, by its text. */
  readonly #told = new Map<string, () => void>()
  /** The element that had the focus before a notice took it. */
  #before: Element | null = null

  /** @param focus a notice went away with the focus in it */
  constructor(focus: () => void) {
    this.#focus = focus
  }

  /** Shows what something can be done about, until that is done. @returns takes it away */
  show(text: string, action: NoticeAction): () => void {
    const control = button(action.label, () => {
      remove()
      action.onClick()
    })
    const remove = this.#add(text, control)
    return remove
  }

  /** Shows something for a moment. Told again meanwhile, it takes its own place: ten undone edits would hide the page. */
  tell(text: string): void {
    this.#told.get(text)?.()
    const remove = this.#add(text)
    this.#told.set(text, remove)
    setTimeout(() => {
      remove()
      if (this.#told.get(text) === remove) this.#told.delete(text)
    }, SHORT)
  }

  /** Brings the focus to what can be done about the newest notice. */
  focusNewest(): void {
    this.#before = document.activeElement
    this.#list.querySelector<HTMLElement>('p:last-child button')?.focus()
  }

  #add(text: string, ...controls: readonly HTMLElement[]): () => void {
    const notice = document.createElement('p')
    const words = document.createElement('span')
    words.textContent = text
    notice.append(words, ...controls)
    this.#list.append(notice)
    return () => {
      const hadFocus = notice.contains(document.activeElement)
      notice.remove()
      if (hadFocus) this.#giveBack()
    }
  }

  #giveBack(): void {
    const before = this.#before
    this.#before = null
    if (before instanceof HTMLElement && before !== document.body && before.isConnected)
      before.focus({ preventScroll: true })
    else this.#focus()
  }
}
