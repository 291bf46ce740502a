import type { DraftValue } from '../../calculator/protocol.ts'
import type { Row, Rows } from './rows.ts'
import { draftValue } from './value-element.ts'

interface Provisional {
  readonly values: ReadonlyMap<number, DraftValue>
  /** The colour of the person whose draft it is; undefined: one's own. */
  readonly tint: number | undefined
}

/** The values that lines would have if a draft were saved, shown in place of their own. */
export class ProvisionalValues {
  readonly #rows: Rows
  readonly #drafts = new Map<string, Provisional>()

  constructor(rows: Rows) {
    this.#rows = rows
    rows.decorate((row) => this.#decorate(row))
  }

  /** @param owner whose draft changes them; it had others before */
  set(owner: string, values: readonly DraftValue[], tint?: number): void {
    const former = this.#drafts.get(owner)
    const bySeq = new Map(values.map((value) => [value.seq, value]))
    if (!former && bySeq.size === 0) return
    this.#drafts.delete(owner)
    if (bySeq.size > 0) this.#drafts.set(owner, { values: bySeq, tint })
    for (const seq of new Set([...(former?.values.keys() ?? []), ...bySeq.keys()])) {
      const row = this.#rows.find(seq)
      if (row) this.#decorate(row)
    }
  }

  clear(owner: string): void {
    this.set(owner, [])
  }

  #decorate({ seq, element, text: stored }: Row): void {
    const answer = element.querySelector(':scope > .answer')
    answer?.querySelector('.draft-value:not(.written-value)')?.remove()
    const latest = [...this.#drafts.values()].filter(({ values }) => values.has(seq)).at(-1)
    const { text, rounded } = latest?.values.get(seq) ?? {}
    const isOther = text !== undefined && text !== '' && text !== stored
    element.classList.toggle('provisional', isOther)
    if (!isOther || !answer) return
    const value = draftValue(text, this.#rows.locale, rounded)
    if (latest?.tint !== undefined) value.dataset.tint = String(latest.tint)
    answer.append(value)
  }
}
