import renderLine from '#views/calculator/line.eta'
import renderDivider from '#views/chat/divider.eta'
import { type LineView, lineView } from '../../calculator/presentation.ts'
import type { ResultFrame } from '../../calculator/protocol.ts'
import { type PersonName, personName } from '../../web/presentation.ts'
import { byId, find } from '../live/dom.ts'
import { actOnFailure, type FailureActions, failureOf } from '../live/failure.ts'
import { elementOf, patch } from '../live/html.ts'
import type { PendingDraft } from '../live/outbox.ts'

export interface LinesOptions extends FailureActions {
  readonly user: string
  /** What the person is called, where that is not the username. */
  readonly name: string | undefined
  /** True if others write on this sheet: each line then names its author. */
  readonly shared: boolean
  /** A value was chosen for the next line. */
  readonly onValue: (text: string) => void
  /** Something to be said that does not stand in a line. */
  readonly onNote: (text: string) => void
}

interface Pending {
  readonly draft: PendingDraft
  readonly element: HTMLElement
}

/** Lines that are kept in the page. */
const KEPT = 500

/** The lines of a sheet on the page, by `seq`, with what is still being calculated behind them. */
export class Lines {
  readonly element = byId('timeline', HTMLElement)
  readonly #options: LinesOptions
  readonly #lines = new Map<number, HTMLElement>()
  readonly #pending = new Map<string, Pending>()
  /** Lines of an edit of which others are still to come, and the last `rev` of that edit. */
  readonly #waiting: ResultFrame[] = []
  #until = 0
  /** True if the sheet has lines before those on the page. */
  #isPart: boolean

  constructor(options: LinesOptions) {
    this.#options = options
    this.#isPart = this.element.dataset.more === 'true'
    for (const element of this.element.querySelectorAll('article')) {
      this.#lines.set(Number(element.dataset.seq), element)
    }
    this.element.addEventListener('click', ({ target }) => this.#clicked(target))
  }

  get newest(): number {
    return Math.max(0, ...this.#lines.keys())
  }

  /** One's own expressions on the page, oldest first. */
  get ownExpressions(): string[] {
    return [...this.#lines.values()]
      .filter((element) => element.classList.contains('own'))
      .map((element) => find(element, '.expression', HTMLElement).dataset.typed ?? '')
  }

  readonly unreadAbove = false

  find(seq: number): HTMLElement | undefined {
    return this.#lines.get(seq)
  }

  /** A sheet has no reader's mark, so nothing needs to be found. */
  lastAbove(): number {
    return 0
  }

  /**
   * Takes a line that changed. Lines of one edit are shown when all of them have come, so that nobody sees half of it.
   * @returns the lines that are new on the page
   */
  receive(line: ResultFrame): ResultFrame[] {
    this.#waiting.push(line)
    this.#until = Math.max(this.#until, line.until)
    if (line.rev < this.#until) return []
    return this.#waiting.splice(0).filter((waiting) => this.#place(waiting))
  }

  /** @returns whether the line is new on the page */
  #place(line: ResultFrame): boolean {
    const present = this.#lines.get(line.seq)
    if (line.removed) {
      present?.remove()
      this.#lines.delete(line.seq)
      return false
    }
    if (present && Number(present.dataset.rev) >= line.rev) return false
    const { user, shared } = this.#options
    const element = elementOf(renderLine(lineView(line, user, shared)))
    if (present?.dataset.position === line.position) {
      patch(present, element)
      return false
    }
    present?.remove()
    const first = this.#first
    // What stands before the first line on the page is not on the page.
    if (first !== undefined && line.position < first && this.#isPart && !present) return false
    this.#lines.set(line.seq, element)
    const below = this.#stored().find((other) => (other.dataset.position ?? '') > line.position)
    const last = this.#stored().at(-1)
    if (below) below.before(element)
    else if (last) last.after(element)
    else this.element.prepend(element)
    this.#trim()
    return !present
  }

  /** The elements of stored lines, in their order. */
  #stored(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>('article[data-seq]')]
  }

  get #first(): string | undefined {
    return this.#stored()[0]?.dataset.position
  }

  markUnread(seq: number | undefined): void {
    this.element.querySelector('.divider.unread')?.remove()
    const first = seq === undefined ? undefined : this.#lines.get(seq)
    first?.before(elementOf(renderDivider({ kind: 'unread', label: 'New' })))
  }

  /** The ids of one's own lines on the page, as far as they are stored. */
  get ownIds(): Set<string> {
    return new Set(
      [...this.#lines.values()]
        .filter((element) => element.classList.contains('own'))
        .map((element) => element.dataset.id ?? ''),
    )
  }

  /** Shows what is not calculated yet, behind all that is. */
  showPending(drafts: readonly PendingDraft[]): void {
    const written = new Map(drafts.map((draft) => [draft.id, draft.at]))
    for (const [id, { draft, element }] of this.#pending) {
      if (written.get(id) === draft.at) continue
      element.remove()
      this.#pending.delete(id)
    }
    for (const draft of drafts) this.#showDraft(draft)
  }

  #showDraft(draft: PendingDraft): void {
    const { user, name, shared } = this.#options
    const present = this.#pending.get(draft.id)?.element
    const element = elementOf(renderLine(draftView(draft, shared ? personName(user, name) : undefined)))
    this.#pending.set(draft.id, { draft, element: present ?? element })
    if (present) patch(present, element)
    else this.element.append(element)
  }

  /** Nothing is trimmed from the middle: the oldest go. */
  #trim(): void {
    const first = this.#stored()[0]
    if (this.#lines.size <= KEPT || !first) return
    this.#lines.delete(Number(first.dataset.seq))
    first.remove()
    this.#isPart = true
  }

  #clicked(target: EventTarget | null): void {
    const control = target instanceof Element ? target.closest('button') : null
    if (!control) return
    const { action = '', text = '' } = control.dataset
    const pending = this.#pending.get(control.closest('article')?.dataset.id ?? '')
    if (action === 'insert') this.#options.onValue(text)
    else if (action === 'copy') void copyValue(control, text).then(this.#options.onNote)
    else if (pending) actOnFailure(action, pending.draft, this.#options)
  }
}

/** A line that is not stored yet. Read out when it has its value, and not before. */
function draftView(draft: PendingDraft, sender: PersonName | undefined): LineView {
  const failure = failureOf(draft, 'Calculate it now')
  return {
    place: undefined,
    id: draft.id,
    sender,
    own: true,
    kind: 'calculation',
    label: '',
    expression: draft.text,
    typed: draft.text,
    value: undefined,
    notes: [],
    fault: undefined,
    state: failure ? 'failed' : 'pending',
    failure,
  }
}

/** How long a button says what became of a copy, in milliseconds. */
const OUTCOME = 2_000

/** @returns what became of it */
async function copyValue(button: HTMLButtonElement, value: string): Promise<string> {
  const outcome = await copied(button, value)
  if (button.dataset.outcome === undefined) {
    const label = [...button.childNodes]
    setTimeout(() => {
      delete button.dataset.outcome
      button.replaceChildren(...label)
    }, OUTCOME)
  }
  button.dataset.outcome = outcome
  button.textContent = outcome
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
