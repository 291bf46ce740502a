import renderLine from '#views/calculator/line.eta'
import renderParts from '#views/calculator/parts.eta'
import { partsOf } from '../../calculator/line-presentation.ts'
import { callOf, lineView, type SheetView } from '../../calculator/presentation.ts'
import type { ResultFrame } from '../../calculator/protocol.ts'
import { byId, find } from '../live/dom.ts'
import { elementOf } from '../live/html.ts'
import { ColumnWidth } from './column-width.ts'
import { NameIndex } from './name-index.ts'

/** A stored line on the page. */
export interface Row {
  readonly seq: number
  readonly element: HTMLElement
  rev: number
  position: string
  /** As it was typed. */
  expression: string
  /** Its value as it is stored; empty where there is none. */
  text: string
  /** The end of its label. */
  labelEnd: number
  /** The name by which other lines refer to it. */
  called: string
  /** The code point of it that is wrong; undefined: none is marked. */
  wrong: number | undefined
  /** Characters of its value behind the decimal point. */
  rest: number
}

/** A page of lines, and the position after which there are more. */
export interface FetchedLines {
  readonly lines: readonly ResultFrame[]
  readonly end: string | undefined
}

export interface RowsOptions extends Pick<SheetView, 'viewer' | 'isShared' | 'path' | 'locale'> {
  /** The `rev` that the page was made with. */
  readonly rev: number
  /**
   * Lines changed; all lines of an edit at once.
   * @param written those that somebody wrote, moved or removed: the others are calculated anew
   */
  readonly onChanged: (lines: readonly ResultFrame[], written: readonly ResultFrame[]) => void
}

/**
 * The stored lines of the sheet on the page, in order. The lines of one edit are shown together, so that nobody sees half of an
 * edit.
 */
export class Rows {
  readonly element = byId('timeline', HTMLElement)
  readonly names = new NameIndex()
  readonly #options: RowsOptions
  readonly #view: SheetView
  readonly #rows = new Map<number, Row>()
  readonly #order: Row[] = []
  /** Lines of an edit of which others are still to come, and the last `rev` of that edit. */
  #waiting: ResultFrame[] = []
  #until = 0
  #rev: number
  /** The position after which lines are not on the page yet; undefined: all of them are. */
  #end: string | undefined
  /** Lines after that position as they last changed: a page that is being fetched may come from before that. */
  readonly #beyond = new Map<number, ResultFrame>()
  /** The names by which other lines refer to the lines that are about to be shown. */
  #arriving: ReadonlyMap<number, string> = new Map()
  /** The position of a line that was removed with the focus in it. */
  #lostAt: string | undefined
  readonly #column = new ColumnWidth()
  readonly #decorators: ((row: Row) => void)[] = []

  constructor(options: RowsOptions) {
    this.#options = options
    this.#rev = options.rev
    this.#view = {
      ...options,
      use: 'script',
      isDefined: (name) => this.names.isDefined(name),
      called: (seq) => this.#arriving.get(seq) ?? this.#rows.get(seq)?.called,
    }
    this.#end = this.element.dataset.more || undefined
    for (const element of this.element.querySelectorAll<HTMLElement>('.line[data-seq]')) this.#adopt(element)
  }

  /** The highest `rev` that is shown here: what a person has seen when they write. */
  get rev(): number {
    return this.#rev
  }

  get size(): number {
    return this.#order.length
  }

  get first(): Row | undefined {
    return this.#order[0]
  }

  get last(): Row | undefined {
    return this.#order.at(-1)
  }

  /** The position after which lines are still to be loaded; undefined: there are none. */
  get end(): string | undefined {
    return this.#end
  }

  get locale(): string {
    return this.#options.locale
  }

  /** From the first line to the last. */
  get all(): readonly Row[] {
    return this.#order
  }

  find(seq: number): Row | undefined {
    return this.#rows.get(seq)
  }

  /** The row that an element is in. */
  of(target: EventTarget | null): Row | undefined {
    const element = target instanceof Element ? target.closest<HTMLElement>('.line[data-seq]') : null
    return element ? this.#rows.get(Number(element.dataset.seq)) : undefined
  }

  above(row: Row): Row | undefined {
    return this.#order[this.#index(row.position) - 1]
  }

  below(row: Row): Row | undefined {
    return this.#order[this.#index(row.position) + 1]
  }

  /** The line before which something stands that follows a row: null: it is the last one; undefined: the next is not loaded yet. */
  seqBelow(row: Row): number | null | undefined {
    const below = this.below(row)
    if (below) return below.seq
    return this.#end === undefined ? null : undefined
  }

  /**
   * The row that is now nearest to one that was removed with the focus in it; told once.
   * @returns undefined: none was removed
   */
  takeLostFocus(): { readonly nearest: Row | undefined } | undefined {
    const position = this.#lostAt
    this.#lostAt = undefined
    return position === undefined ? undefined : { nearest: this.#order[this.#index(position)] ?? this.last }
  }

  /** The line that a name means in a row: the nearest definition above it, else the first below. */
  definition(name: string, from: Row | undefined): Row | undefined {
    const rows = this.sorted(this.names.definitions(name))
    const above = from ? rows.filter(({ position }) => position < from.position) : rows
    return above.at(-1) ?? rows[0]
  }

  /** Rows from top to bottom. */
  sorted(seqs: Iterable<number>): Row[] {
    return [...seqs]
      .map((seq) => this.#rows.get(seq))
      .filter((row) => row !== undefined)
      .sort((a, b) => (a.position < b.position ? -1 : 1))
  }

  /** Has something done with each row whenever it is made anew, and now. */
  decorate(decorator: (row: Row) => void): void {
    this.#decorators.push(decorator)
    for (const row of this.#order) decorator(row)
  }

  /** Takes a line that changed. */
  receive(line: ResultFrame): void {
    this.#waiting.push(line)
    this.passed(line.rev, line.until)
  }

  /** A change came. @param until the last `rev` of the edit that it belongs to */
  passed(rev: number, until: number): void {
    this.#until = Math.max(this.#until, until)
    if (rev < this.#until) return
    const lines = this.#waiting
    this.#waiting = []
    const written = lines.filter((line) => this.#isWritten(line))
    this.#show(lines)
    this.#rev = Math.max(this.#rev, rev)
    if (lines.length > 0) this.#options.onChanged(lines, written)
  }

  /** Takes the next page of lines, with what changed in them while they were fetched. */
  async load(fetchAfter: (end: string) => Promise<FetchedLines>): Promise<void> {
    if (this.#end === undefined) return
    this.#beyond.clear()
    const { lines, end } = await fetchAfter(this.#end)
    this.#end = end
    this.#show([...lines, ...this.#beyond.values()])
    this.#beyond.clear()
  }

  #show(lines: readonly ResultFrame[]): void {
    const names = new Set<string>()
    const shown = new Set<number>()
    const newest = newestOf(lines)
    const news = newest.filter((line) => this.#isNews(line))
    if (this.#end !== undefined)
      for (const line of newest) if (!this.#rows.has(line.seq)) this.#beyond.set(line.seq, line)
    const arriving = new Map<number, string>()
    for (const line of news) {
      const known = this.#rows.get(line.seq)
      for (const name of this.names.set(line.seq, line.removed ? undefined : line.expression)) names.add(name)
      if (line.removed || known?.called !== callOf(line)) names.add(`line${line.seq}`)
      if (line.removed) this.#remove(line.seq)
      else arriving.set(line.seq, callOf(line))
    }
    this.#arriving = arriving
    for (const line of news) {
      if (line.removed) continue
      this.#put(line)
      shown.add(line.seq)
    }
    this.#arriving = new Map()
    for (const name of names)
      for (const seq of this.names.mentions(name)) {
        const row = shown.has(seq) ? undefined : this.#rows.get(seq)
        if (row) this.#recolour(row)
      }
    this.element.dataset.rest = String(this.#column.width)
  }

  #isWritten(line: ResultFrame): boolean {
    const { seq, expression, position, removed } = line
    const known = this.#rows.get(seq)
    if (!known) return this.#isNews(line)
    return removed === true || known.expression !== expression || known.position !== position
  }

  #isNews({ seq, rev, position, removed }: ResultFrame): boolean {
    const known = this.#rows.get(seq)
    if (known) return known.rev < rev
    return removed !== true && (this.#end === undefined || position <= this.#end)
  }

  #put(line: ResultFrame): void {
    const element = elementOf(renderLine(lineView(line, this.#view)))
    const known = this.#rows.get(line.seq)
    const row: Row = known ?? { ...blank, seq: line.seq, element }
    const isMoved = known?.position !== line.position
    if (known && isMoved) this.#order.splice(this.#index(known.position), 1)
    row.rev = line.rev
    row.position = line.position
    row.expression = line.expression ?? ''
    row.text = line.text ?? ''
    row.labelEnd = line.label === undefined ? 0 : row.expression.indexOf(':') + 1
    row.called = callOf(line)
    row.wrong = line.error?.position
    const rest = restOf(element)
    this.#column.replace(row.rest, rest)
    row.rest = rest
    if (known) becomeLike(known.element, element)
    this.#rows.set(line.seq, row)
    if (isMoved) this.#place(row)
    for (const decorator of this.#decorators) decorator(row)
  }

  #place(row: Row): void {
    const index = this.#index(row.position)
    const below = this.#order[index]?.element ?? null
    this.#order.splice(index, 0, row)
    moveBefore(this.element, row.element, below ?? this.#tail)
  }

  /** The lines behind the stored ones: those that are on their way. */
  get #tail(): Element | null {
    let first: Element | null = null
    let element = this.element.lastElementChild
    for (; element && !element.hasAttribute('data-seq'); element = element.previousElementSibling)
      if (element.matches('.line[data-before=""]')) first = element
    return first
  }

  #remove(seq: number): void {
    const row = this.#rows.get(seq)
    if (!row) return
    this.#order.splice(this.#index(row.position), 1)
    this.#rows.delete(seq)
    this.#column.replace(row.rest, 0)
    if (row.element.contains(document.activeElement)) this.#lostAt = row.position
    row.element.remove()
  }

  /** The index of the first row that does not stand above a position. */
  #index(position: string): number {
    let from = 0
    let to = this.#order.length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#order[middle]?.position ?? '') < position) from = middle + 1
      else to = middle
    }
    return from
  }

  /** A name in it is one now, or is none any more. */
  #recolour(row: Row): void {
    if (row.element.matches('.heading, .comment, .blank')) return
    const parts = partsOf(row.expression, row.labelEnd, this.#view, row.wrong)
    const expression = find(row.element, '.expression', HTMLElement)
    expression.replaceChildren(...elementOf(`<span>${renderParts({ parts })}</span>`).childNodes)
  }

  #adopt(element: HTMLElement): void {
    const { seq, rev, position = '' } = element.dataset
    const expression = find(element, '.text', HTMLElement).dataset.typed ?? ''
    const label = element.querySelector('.label')?.textContent ?? ''
    const text = element.querySelector<HTMLElement>('.value')?.dataset.value ?? ''
    const row: Row = {
      seq: Number(seq),
      element,
      rev: Number(rev),
      position,
      expression,
      text,
      labelEnd: label.length,
      called: callOf({ expression, text, ...(label && { label: label.replace(/\s*:$/, '') }) }),
      wrong: wrongIn(element),
      rest: restOf(element),
    }
    // As in lines that are rendered here: the keys of the sheet lead to them, and Tab leads past them.
    for (const control of element.querySelectorAll<HTMLElement>('.value, .copy')) control.tabIndex = -1
    this.#column.replace(0, row.rest)
    this.#rows.set(row.seq, row)
    this.#order.push(row)
    this.names.set(row.seq, expression)
  }
}

const blank = {
  rev: 0,
  position: '',
  expression: '',
  text: '',
  labelEnd: 0,
  called: '',
  wrong: undefined,
  rest: 0,
}

/** Each line as it last changed. */
function newestOf(lines: readonly ResultFrame[]): ResultFrame[] {
  const newest = new Map<number, ResultFrame>()
  for (const line of lines) {
    const other = newest.get(line.seq)
    if (!other || other.rev <= line.rev) newest.set(line.seq, line)
  }
  return [...newest.values()]
}

/** Characters behind the decimal point of a line's value. */
function restOf(line: Element): number {
  return line.querySelector('.value > .rest')?.textContent.length ?? 0
}

/** The code point of a line's text that is marked as wrong. */
function wrongIn(line: Element): number | undefined {
  const mark = line.querySelector('.expression > .wrong-at')
  if (!mark) return undefined
  let before = ''
  for (let node = mark.previousSibling; node; node = node.previousSibling)
    before = ((node instanceof HTMLElement && node.dataset.typed) || (node.textContent ?? '')) + before
  return [...before].length
}

/** The parts of a row that a new frame leaves alone: the line being written there, and one's own pending change. */
const SPARED = '.line-editor, .conflict, .failure-note, .pending-text'

/** Makes an element like another one. A line that is being written in it stays where it is, with its focus. */
function becomeLike(element: HTMLElement, wanted: HTMLElement): void {
  const focused = element.contains(document.activeElement) ? document.activeElement : null
  const [focusClass] = focused?.classList ?? []
  element.className = wanted.className
  Object.assign(element.dataset, wanted.dataset)
  for (const child of [...element.childNodes])
    if (!(child instanceof Element && child.matches(SPARED))) child.remove()
  element.prepend(...wanted.childNodes)
  if (focused && !focused.isConnected && focusClass)
    element.querySelector<HTMLElement>(`.${focusClass}`)?.focus({ preventScroll: true })
}

/** Moves an element, with the focus and the selection in it. */
function moveBefore(parent: HTMLElement, element: HTMLElement, before: Element | null): void {
  const move: unknown = Reflect.get(parent, 'moveBefore')
  if (element.parentElement === parent && typeof move === 'function') {
    move.call(parent, element, before)
    return
  }
  const focused = element.contains(document.activeElement) ? document.activeElement : null
  parent.insertBefore(element, before)
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
}
