import type { ResultFrame } from '../../calculator/protocol.ts'
import { shown } from '../../calculator/render.ts'
import { button, byId, find } from '../live/dom.ts'
import { reasonOf } from '../live/failure.ts'
import type { PendingDraft } from '../live/outbox.ts'

/** What a person may do about a line that could not be calculated. */
export interface PendingActions {
  readonly onRetry: (draft: PendingDraft) => void
  readonly onEdit: (draft: PendingDraft) => void
  readonly onDiscard: (draft: PendingDraft) => void
}

export interface LinesOptions {
  readonly user: string
  /** A value was chosen for the next line. */
  readonly onValue: (text: string) => void
  /** Something to be said that does not stand in a line. */
  readonly onNote: (text: string) => void
}

/** Lines that are kept in the page. */
const KEPT = 500

/** The lines of a sheet on the page, by `seq`, with what is still being calculated behind them. */
export class Lines {
  readonly element = byId('timeline', HTMLElement)
  readonly #options: LinesOptions
  readonly #template = byId('line-template', HTMLTemplateElement)
  readonly #lines = new Map<number, HTMLElement>()
  readonly #pending = new Map<string, HTMLElement>()

  constructor(options: LinesOptions) {
    this.#options = options
    for (const element of this.element.querySelectorAll('article')) {
      this.#lines.set(Number(element.dataset.seq), element)
      this.#listen(element)
    }
  }

  get newest(): number {
    return Math.max(0, ...this.#lines.keys())
  }

  /** One's own expressions on the page, oldest first. */
  get ownExpressions(): string[] {
    return [...this.#lines.values()]
      .filter((element) => element.classList.contains('own'))
      .map((element) => find(element, '.expression', HTMLElement).textContent)
  }

  readonly unreadAbove = false

  find(seq: number): HTMLElement | undefined {
    return this.#lines.get(seq)
  }

  /** A sheet has no reader's mark, so nothing needs to be found. */
  lastAbove(): number {
    return 0
  }

  /** @returns whether the line is new */
  place(line: ResultFrame): boolean {
    if (this.#lines.has(line.seq)) return false
    const element = this.#render(line.sender, line.expression)
    element.dataset.seq = String(line.seq)
    element.dataset.id = line.id
    const value = find(element, '.value', HTMLButtonElement)
    const { text, kind } = shown(line.text)
    value.textContent = text
    value.classList.add(kind)
    value.dataset.text = line.text
    value.dataset.full = String(line.result)
    this.#lines.set(line.seq, element)
    this.#listen(element)
    const after = [...this.element.querySelectorAll('article')].findLast(
      (other) => other.dataset.seq !== undefined && Number(other.dataset.seq) < line.seq,
    )
    if (after) after.after(element)
    else this.element.prepend(element)
    this.#trim()
    return true
  }

  markUnread(seq: number | undefined): void {
    this.element.querySelector('.divider.unread')?.remove()
    const first = seq === undefined ? undefined : this.#lines.get(seq)
    if (!first) return
    const divider = document.createElement('p')
    divider.className = 'divider unread'
    divider.textContent = 'New'
    first.before(divider)
  }

  /** The ids of one's own lines on the page. */
  get ownIds(): Set<string> {
    return new Set(
      [...this.element.querySelectorAll<HTMLElement>('.own')].map((element) => element.dataset.id ?? ''),
    )
  }

  /** Nothing is trimmed from the middle: the oldest go. */
  #trim(): void {
    const oldest = this.#lines.keys().next().value
    if (this.#lines.size <= KEPT || oldest === undefined) return
    this.#lines.get(oldest)?.remove()
    this.#lines.delete(oldest)
  }

  showPending(drafts: readonly PendingDraft[], actions: PendingActions): void {
    const written = new Map(drafts.map((draft) => [draft.id, draft.at]))
    for (const [id, element] of this.#pending) {
      if (written.get(id) === element.dataset.at) continue
      element.remove()
      this.#pending.delete(id)
    }
    for (const draft of drafts) {
      const element = this.#pending.get(draft.id) ?? this.#renderPending(draft)
      if (reasonOf(draft) !== undefined && !element.classList.contains('failed'))
        fail(element, draft, actions)
    }
  }

  #renderPending(draft: PendingDraft): HTMLElement {
    const element = this.#render(this.#options.user, draft.text)
    delete element.dataset.seq
    element.dataset.at = draft.at
    element.classList.add('pending')
    // Read out when it has its value, and not before.
    element.ariaHidden = 'true'
    this.#pending.set(draft.id, element)
    this.element.append(element)
    return element
  }

  #render(sender: string, expression: string): HTMLElement {
    const element = find(this.#template.content, 'article', HTMLElement).cloneNode(true)
    if (!(element instanceof HTMLElement)) throw new Error('the template of a line is empty')
    element.classList.toggle('own', sender === this.#options.user)
    const name = element.querySelector('.sender')
    if (name) name.textContent = sender
    find(element, '.expression', HTMLElement).textContent = expression
    return element
  }

  #listen(element: HTMLElement): void {
    const value = find(element, '.value', HTMLButtonElement)
    const copy = find(element, '.copy', HTMLButtonElement)
    value.addEventListener('click', () => this.#options.onValue(value.dataset.text ?? ''))
    copy.addEventListener('click', async () => this.#options.onNote(await copyValue(copy, fullValue(value))))
  }
}

function fail(element: HTMLElement, draft: PendingDraft, actions: PendingActions): void {
  element.classList.replace('pending', 'failed')
  element.ariaHidden = null
  const note = find(element, '.answer', HTMLElement)
  note.replaceChildren(
    draft.error ?? reasonOf(draft) ?? '',
    button(draft.error === undefined ? 'Calculate it now' : 'Try again', () => actions.onRetry(draft)),
    button('Edit', () => actions.onEdit(draft)),
    button('Discard', () => actions.onDiscard(draft)),
  )
}

/** All digits that are known: a whole number is in its text, another number in the frame's `result`. */
function fullValue(value: HTMLButtonElement): string {
  const { text = '' } = value.dataset
  return /^-?\d+$/.test(text) ? text : (value.dataset.full ?? text)
}

const labels = new WeakMap<HTMLButtonElement, string>()

/** @returns what became of it */
async function copyValue(button: HTMLButtonElement, value: string): Promise<string> {
  const label = labels.get(button) ?? button.innerHTML
  labels.set(button, label)
  const outcome = await copied(button, value)
  button.textContent = outcome
  setTimeout(() => {
    button.innerHTML = label
  }, 2_000)
  return outcome
}

async function copied(button: HTMLButtonElement, value: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(value)
    return 'Copied'
  } catch {
    // Without https a browser gives no clipboard: the value is selected for the person's own copy.
    const shownValue = button.parentElement?.querySelector('.value')
    if (shownValue) getSelection()?.selectAllChildren(shownValue)
    return 'Press Ctrl+C'
  }
}
