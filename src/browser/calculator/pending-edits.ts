import renderLine from '#views/calculator/line.eta'
import renderFailure from '#views/web/failure.eta'
import { type LineView, pendingView } from '../../calculator/presentation.ts'
import type { PendingDraft } from '../client/index.ts'
import { button } from '../live/dom.ts'
import { actOnFailure, type FailureActions, failureOf } from '../live/failure.ts'
import { elementOf } from '../live/html.ts'
import type { PendingText } from './line-editor.ts'
import type { Row, Rows } from './rows.ts'

export interface PendingEditsOptions extends FailureActions {
  readonly rows: Rows
  /** The person who writes; undefined on one's own sheet. */
  readonly author: LineView['author']
  /** One's own text is to stand, though somebody else wrote in the line. */
  readonly onInsist: (draft: PendingDraft) => void
  /** One has chosen with a button that is gone now. @param seq the line that the choice was about; 0: one that is not on the sheet */
  readonly onChosen: (seq: number) => void
  /** Called after the lines behind the last one have changed. */
  readonly onShown: () => void
}

interface Inserted {
  readonly key: string
  readonly expression: string
  readonly before: number | null
  readonly draft: PendingDraft
}

/** One's own edits that the server has not acknowledged: on their way, or refused. */
export class PendingEdits {
  readonly #options: PendingEditsOptions
  #drafts: readonly PendingDraft[] = []
  readonly #inserted = new Map<string, HTMLElement>()
  /** By the line that it changes. */
  #changed = new Map<number, PendingDraft>()
  /** Which draft a row shows, in what state: what stands there already keeps the focus. */
  readonly #decorated = new WeakMap<HTMLElement, string>()

  constructor(options: PendingEditsOptions) {
    this.#options = options
    options.rows.decorate((row) => this.#decorate(row))
    options.rows.element.addEventListener('click', ({ target }) => this.#clicked(target))
  }

  find(id: string): PendingDraft | undefined {
    return this.#drafts.find((draft) => draft.id === id)
  }

  /** One's own text for a line that is on its way. */
  textOf({ seq }: Row): PendingText | undefined {
    const draft = this.#changed.get(seq)
    if (!draft || draft.old || draft.error !== undefined) return undefined
    const expression = textFor(draft, seq)
    const base = draft.command?.base ?? this.#options.rows.rev
    return expression === undefined ? undefined : { expression, base: Number(base) }
  }

  show(drafts: readonly PendingDraft[]): void {
    this.#drafts = drafts
    const former = this.#changed
    this.#changed = new Map()
    for (const draft of drafts) for (const seq of changedBy(draft)) this.#changed.set(seq, draft)
    for (const seq of new Set([...former.keys(), ...this.#changed.keys()])) {
      const row = this.#options.rows.find(seq)
      if (row) this.#decorate(row)
    }
    this.#showInserted(drafts.flatMap((draft) => this.#insertedBy(draft)))
    this.#options.onShown()
  }

  #insertedBy(draft: PendingDraft): Inserted[] {
    const { command, text, id, error = '', old, conflict } = draft
    const key = `${id} ${error} ${old}`
    if (!command) return [{ key, expression: text, before: null, draft }]
    // A line that was removed is shown again, so that one can choose.
    if (conflict?.removed) return [{ key, expression: text, before: null, draft }]
    if (command.type === 'insert') return [{ key, expression: text, before: numberOf(command.before), draft }]
    if (command.type !== 'edit' || !Array.isArray(command.changes)) return []
    return command.changes.flatMap((change: unknown, index) => {
      if (typeof change !== 'object' || change === null || Reflect.get(change, 'type') !== 'insert') return []
      const expression = String(Reflect.get(change, 'expression'))
      return [{ key: `${key} ${index}`, expression, before: numberOf(Reflect.get(change, 'before')), draft }]
    })
  }

  #showInserted(inserted: readonly Inserted[]): void {
    const keys = new Set(inserted.map(({ key }) => key))
    for (const [key, element] of this.#inserted) {
      if (keys.has(key)) continue
      element.remove()
      this.#inserted.delete(key)
    }
    for (const { key, expression, before, draft } of inserted) {
      if (this.#inserted.has(key)) continue
      const failure = draft.conflict ? undefined : failureOf(draft, 'Save it now')
      const view = pendingView({ id: draft.id, expression }, this.#options.author, failure)
      const element = elementOf(renderLine(view))
      element.dataset.before = before === null ? '' : String(before)
      if (draft.conflict?.removed) element.append(this.#conflict(draft))
      this.#inserted.set(key, element)
      this.#place(element, before)
    }
  }

  /** Above the line that it was written above, and above one that is being written there. */
  #place(element: HTMLElement, before: number | null): void {
    const { rows } = this.#options
    const below = before === null ? undefined : rows.find(before)
    const written = rows.element.querySelector(`:scope > .ghost.editing[data-before="${before ?? ''}"]`)
    const anchor = written ?? below?.element
    if (anchor) anchor.before(element)
    else rows.element.append(element)
  }

  #decorate({ seq, element }: Row): void {
    const draft = this.#changed.get(seq)
    const failure = draft && !draft.conflict ? failureOf(draft, 'Save it now') : undefined
    element.classList.toggle('pending', draft !== undefined && !failure && !draft.conflict)
    element.classList.toggle('removing', draft?.command?.type === 'remove')
    element.classList.toggle('failed', failure !== undefined)
    element.classList.toggle('rewritten', draft !== undefined && textFor(draft, seq) !== undefined)
    const key = draft && `${draft.id} ${draft.error ?? ''} ${draft.old} ${draft.conflict?.rev}`
    if (this.#decorated.get(element) === key) return
    for (const former of element.querySelectorAll(':scope > :is(.pending-text, .failure-note, .conflict)'))
      former.remove()
    if (key === undefined) this.#decorated.delete(element)
    else this.#decorated.set(element, key)
    if (!draft) return
    element.dataset.draft = draft.id
    const text = textFor(draft, seq)
    if (text !== undefined) {
      const pending = document.createElement('code')
      pending.className = 'pending-text'
      pending.dir = 'ltr'
      pending.textContent = text
      element.append(pending)
    }
    if (draft.conflict) {
      element.append(this.#conflict(draft, writerOf(element)))
      // On a phone it would be under the keyboard, or under the line for writing.
      element.scrollIntoView({ block: 'nearest' })
    } else if (failure) element.append(elementOf(renderFailure(failure)))
  }

  /** Both texts, of which one is chosen. */
  #conflict(draft: PendingDraft, writer = 'Somebody else'): HTMLElement {
    const { command, conflict, text } = draft
    const isRemoval = command?.type === 'remove'
    const element = document.createElement('div')
    element.className = 'conflict'
    element.role = 'group'
    element.ariaLabel = 'Two versions of this line'
    const said = document.createElement('p')
    said.role = 'alert'
    const isNew = command?.type === 'insert'
    said.textContent = conflict?.removed
      ? `${isNew ? 'The line below this one' : 'This line'} was removed while you were writing ${isNew ? 'it' : 'in it'}.`
      : `${writer} changed this line while you were ${isRemoval ? 'removing' : 'changing'} it.`
    element.append(said)
    if (!conflict?.removed) element.append(version('Theirs', conflict?.expression ?? ''))
    if (!isRemoval) element.append(version('Yours', text))
    const [mine, theirs] = isNew
      ? ['Add it at the end', 'Discard it']
      : conflict?.removed
        ? ['Restore mine', 'Leave it removed']
        : [isRemoval ? 'Remove it anyway' : 'Keep mine', 'Keep theirs']
    element.append(
      button(mine, () => this.#choose(draft, (chosen) => this.#options.onInsist(chosen))),
      button(theirs, () => this.#choose(draft, (chosen) => this.#options.onDiscard(chosen))),
    )
    return element
  }

  #clicked(target: EventTarget | null): void {
    const control = target instanceof Element ? target.closest<HTMLElement>('.failure-note button') : null
    const line = control?.closest<HTMLElement>('.line')
    const draft = this.find(line?.dataset.draft ?? '') ?? this.find(line?.dataset.id ?? '')
    if (control && draft)
      this.#choose(draft, (chosen) => actOnFailure(control.dataset.action ?? '', chosen, this.#options))
  }

  #choose(draft: PendingDraft, act: (draft: PendingDraft) => void): void {
    act(draft)
    if (document.activeElement === document.body) this.#options.onChosen(changedBy(draft)[0] ?? 0)
  }
}

/** Returns the person who wrote a line last. */
function writerOf(line: HTMLElement): string | undefined {
  return line.querySelector('.author .sender')?.textContent
}

/** The lines of the sheet that a draft changes. */
function changedBy({ command, conflict }: PendingDraft): number[] {
  if (!command || conflict?.removed) return []
  if (command.type === 'edit' && Array.isArray(command.changes))
    return command.changes.flatMap((change: unknown) => {
      const seq: unknown =
        typeof change === 'object' && change !== null ? Reflect.get(change, 'seq') : undefined
      return typeof seq === 'number' ? [seq] : []
    })
  return ['set', 'remove', 'move'].includes(command.type) && typeof command.seq === 'number'
    ? [command.seq]
    : []
}

/** Returns the text that a draft writes in a line; undefined if it leaves the text as it is. */
function textFor({ command, text }: PendingDraft, seq: number): string | undefined {
  if (command?.type === 'set') return text
  if (command?.type !== 'edit' || !Array.isArray(command.changes)) return undefined
  const change: unknown = command.changes.find(
    (change: unknown) => typeof change === 'object' && change !== null && Reflect.get(change, 'seq') === seq,
  )
  const expression: unknown =
    typeof change === 'object' && change !== null ? Reflect.get(change, 'expression') : undefined
  return typeof expression === 'string' ? expression : undefined
}

function version(label: string, text: string): HTMLElement {
  const element = document.createElement('p')
  element.className = 'version'
  const name = document.createElement('b')
  name.textContent = label
  const code = document.createElement('code')
  code.dir = 'ltr'
  code.textContent = text === '' ? 'an empty line' : text
  element.append(name, ' ', code)
  return element
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
