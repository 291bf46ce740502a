import { avatarOf, personName } from '../../web/presentation.ts'
import type { EditingFrame } from './frames.ts'
import type { ProvisionalValues } from './provisional-values.ts'
import type { Row, Rows } from './rows.ts'
import { draftValue } from './value-element.ts'

interface Shown {
  readonly draft: EditingFrame
  readonly tint: number
  /** A line that is not on the sheet yet. */
  readonly element: HTMLElement | undefined
  readonly timer: ReturnType<typeof setTimeout>
}

/** A draft is forgotten when nothing was heard of it for so long, in milliseconds. */
const LASTS = 12_000

/** Shows other people's drafts in their lines, with their name and colour. */
export class ForeignDrafts {
  readonly #rows: Rows
  readonly #values: ProvisionalValues
  readonly #calledOf: (username: string) => string
  readonly #shown = new Map<string, Shown>()

  /** @param calledOf what a person is called */
  constructor(rows: Rows, values: ProvisionalValues, calledOf: (username: string) => string) {
    this.#rows = rows
    this.#values = values
    this.#calledOf = calledOf
    rows.decorate((row) => this.#decorate(row))
  }

  receive(draft: EditingFrame): void {
    const { name, seq, expression } = draft
    const former = this.#shown.get(name)
    this.#forget(name)
    if (expression === undefined) {
      this.#values.clear(name)
    } else {
      const { tint } = avatarOf(name, false)
      const isNew = seq === null
      const timer = setTimeout(() => {
        this.#forget(name)
        this.#values.clear(name)
        this.#redraw(seq)
      }, LASTS)
      const element = isNew ? this.#ghost(draft, tint) : undefined
      this.#shown.set(name, { draft, tint, element, timer })
      // The first frame of a draft comes without values: those that it had stay until there are newer ones.
      if (draft.values.length > 0)
        this.#values.set(
          name,
          draft.values.filter((value) => value.seq !== 0),
          tint,
        )
    }
    this.#redraw(former?.draft.seq ?? null)
    this.#redraw(seq)
  }

  /** The connection is new: what was told on the old one may be over. */
  clear(): void {
    this.leaveOut(() => true)
  }

  /** Takes away the drafts of some people. */
  leaveOut(isLeftOut: (username: string) => boolean): void {
    for (const name of this.#shown.keys()) if (isLeftOut(name)) this.receive({ ...NOTHING, name })
  }

  #forget(name: string): void {
    const shown = this.#shown.get(name)
    if (!shown) return
    clearTimeout(shown.timer)
    shown.element?.remove()
    this.#shown.delete(name)
  }

  #redraw(seq: number | null): void {
    const row = seq === null ? undefined : this.#rows.find(seq)
    if (row) this.#decorate(row)
  }

  #decorate({ seq, element }: Row): void {
    for (const former of element.querySelectorAll(':scope > .draft')) former.remove()
    const here = [...this.#shown.values()].filter(({ draft }) => draft.seq === seq)
    element.classList.toggle('drafted', here.length > 0)
    element.append(...here.map(({ draft, tint }) => this.#draft(draft, tint)))
  }

  #ghost(draft: EditingFrame, tint: number): HTMLElement {
    const element = document.createElement('div')
    element.className = 'line drafted ghost'
    element.role = 'listitem'
    element.dataset.before = draft.before === null ? '' : String(draft.before)
    const answer = document.createElement('div')
    answer.className = 'answer'
    const own = draft.values.find(({ seq }) => seq === 0)
    if (own) {
      const value = draftValue(own.text, this.#rows.locale, own.rounded)
      value.dataset.tint = String(tint)
      answer.append(value)
    }
    element.append(this.#draft(draft, tint), answer)
    const below = draft.before === null ? undefined : this.#rows.find(draft.before)
    if (below) below.element.before(element)
    else this.#rows.element.append(element)
    return element
  }

  #draft({ name, expression = '' }: EditingFrame, tint: number): HTMLElement {
    const element = document.createElement('p')
    element.className = 'draft'
    element.dataset.tint = String(tint)
    const who = document.createElement('b')
    who.className = 'draft-name'
    who.dir = 'auto'
    who.textContent = personName(name, this.#calledOf(name)).shown
    const text = document.createElement('code')
    text.dir = 'ltr'
    text.textContent = expression
    element.append(who, ' ', text)
    return element
  }
}

const NOTHING = { seq: null, before: null, expression: undefined, values: [] } as const
