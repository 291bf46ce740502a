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

  constructor(options: LinesOptions) {
    this.#options = options
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

  /** @returns whether the line is new */
  place(line: ResultFrame): boolean {
    if (this.#lines.has(line.seq)) return false
    const { user, shared } = this.#options
    const element = elementOf(renderLine(lineView(line, user, shared)))
    this.#lines.set(line.seq, element)
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
    const oldest = this.#lines.keys().next().value
    if (this.#lines.size <= KEPT || oldest === undefined) return
    this.#lines.get(oldest)?.remove()
    this.#lines.delete(oldest)
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
