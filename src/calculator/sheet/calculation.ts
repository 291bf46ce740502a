import {
  encodeFunction,
  type LineProblem,
  labelOf,
  type Meaning,
  REACHED_NAMES,
  type SheetLine,
} from '../language/index.ts'
import type { EvaluationError } from '../sandbox/answers.ts'
import { type DocumentLine, mayNeedOthers, referredLine } from './document/reading.ts'
import type { Recalculation } from './document/recalculation.ts'
import type { SheetDocument } from './document/sheet-document.ts'
import type { StoredValue } from './line-rows.ts'
import type { LineError } from './result-frame.ts'

/** The meaning of a name: as an evaluator takes it, or the stored value of another line, which has to be looked up. */
type Needed = Meaning | { readonly seq: number }

interface Request {
  readonly expression: string
  readonly names: Readonly<Record<string, Needed>>
  readonly totals?: { readonly words: readonly string[]; readonly of: readonly Needed[] } | undefined
}

/**
 * Lines to calculate, each after those that it needs. It is created synchronously, while nobody else changes the document, and
 * keeps only texts of it.
 */
export class Calculation {
  /** By `seq`, in the order in which they are calculated. */
  readonly lines: readonly number[]
  /** By `seq`, the errors of lines that are not evaluated: those that are computed from themselves, or reach too much. */
  readonly refused: ReadonlyMap<number, EvaluationError>
  /** Lines that are not calculated, and whose values are needed for those that are. */
  readonly beside: ReadonlySet<number>
  readonly #requests: readonly Request[]
  /** The requests, if no line needs another. */
  readonly #plain: readonly SheetLine[] | undefined

  /** @param also lines without a value that are written anew: they may be wrong all the same */
  constructor(document: SheetDocument, recalculation: Recalculation, also: readonly DocumentLine[] = []) {
    const { order, circles, functions } = recalculation
    const plain = circles.size === 0 && !order.some(mayNeedOthers) ? order.map(plainRequest) : undefined
    const { lines, requests, refused, beside } = plain
      ? { lines: order.map(({ seq }) => seq), requests: plain, refused: NONE_REFUSED, beside: NONE_BESIDE }
      : requestsFor(document, recalculation)
    const unevaluated = also.length + functions.size === 0 ? NO_LINES : new Set([...also, ...functions])
    for (const line of unevaluated) {
      if (refused.has(line.seq)) continue
      lines.push(line.seq)
      requests.push(plainRequest(line))
    }
    this.lines = lines
    this.refused = refused
    this.beside = beside
    this.#requests = requests
    this.#plain = plain
  }

  /** The `seq`s of all lines that it is about. */
  get seqs(): readonly number[] {
    if (this.refused.size + this.beside.size === 0) return this.lines
    return [...this.lines, ...this.refused.keys(), ...this.beside]
  }

  /** Returns the lines as an evaluator takes them. @param known at least the lines `beside`, as they are stored */
  requests(known: ReadonlyMap<number, StoredValue>): readonly SheetLine[] {
    if (this.#plain) return this.#plain
    const problems = new Map<number, LineProblem>()
    const meant = (needed: Needed): Meaning => {
      if (typeof needed !== 'object' || needed === null || !('seq' in needed)) return needed
      const found = known.get(needed.seq)
      if (!found || found.value !== null) return found?.value ?? null
      const problem = problems.get(needed.seq) ?? problemOf(found)
      problems.set(needed.seq, problem)
      return problem
    }
    return this.#requests.map(({ expression, names, totals }) => ({
      expression,
      names:
        names === NO_NAMES
          ? NO_NAMES
          : Object.fromEntries(Object.entries(names).map(([name, needed]) => [name, meant(needed)])),
      ...(totals && { totals: { words: totals.words, of: totals.of.map(meant) } }),
    }))
  }
}

/** The lines to calculate, as they are known before any stored value is looked up. */
interface Requests {
  readonly lines: number[]
  readonly requests: Request[]
  readonly refused: ReadonlyMap<number, EvaluationError>
  readonly beside: ReadonlySet<number>
}

const NONE_REFUSED: ReadonlyMap<number, EvaluationError> = new Map()
const NONE_BESIDE: ReadonlySet<number> = new Set()

/** For a line that needs no other, as most that people type. */
function plainRequest({ expression }: DocumentLine): SheetLine {
  return { expression, names: NO_NAMES }
}

function requestsFor(document: SheetDocument, { order, circles, calledCircles }: Recalculation): Requests {
  const lines: number[] = []
  const requests: Request[] = []
  const refused = new Map<number, EvaluationError>()
  const problems = new Map<number, LineProblem>()
  const beside = new Set<number>()
  const numbers = new Map<number, number>()
  const needed = ({ seq }: DocumentLine): Needed => {
    const number = numbers.get(seq)
    if (number !== undefined) return number
    const refusal = problems.get(seq)
    if (refusal) return refusal
    beside.add(seq)
    return { seq }
  }
  const refuse = (line: DocumentLine, refusal: EvaluationError) => {
    const label = labelOf(line.expression, (name) => document.isBound(name, line))
    refused.set(line.seq, { ...refusal, ...(label !== undefined && { label }) })
    problems.set(line.seq, problem(refusal.error))
  }
  for (const [line, circle] of circles) refuse(line, circleError(line, circle))
  for (const line of order) {
    if (refused.has(line.seq)) continue
    const { names, isTooMuch } = document.reach(line)
    if (isTooMuch) {
      refuse(line, REACHES_TOO_MUCH)
      continue
    }
    const request = requestFor(document, line, names, needed, calledCircles(line).map(problemsOf))
    numbers.set(line.seq, lines.length)
    lines.push(line.seq)
    requests.push(request)
  }
  return { lines, requests, refused, beside }
}

/** Those of most lines, which name nothing. */
const NO_NAMES: Readonly<Record<string, never>> = {}

const NO_LINES: readonly DocumentLine[] = []

function requestFor(
  document: SheetDocument,
  line: DocumentLine,
  reached: ReadonlySet<string>,
  needed: (line: DocumentLine) => Needed,
  circles: readonly ReadonlyMap<DocumentLine, LineProblem>[],
): Request {
  const { expression, reading } = line
  if (reached.size === 0 && reading.totals.length === 0) return plainRequest(line)
  const names: Record<string, Needed> = {}
  for (const name of reached) {
    const meant = document.meaning(name, line)
    if (meant?.reading.role === 'function') names[name] = problemIn(circles, meant) ?? encodedFunction(meant)
    else if (meant?.reading.role === 'value') names[name] = needed(meant)
    else if (referredLine(name) !== undefined) names[name] = null
  }
  const words = reading.totals.filter((word) => document.isTotal(word, line))
  const totals = words.length === 0 ? undefined : { words, of: document.summed(line).map(needed) }
  return { expression, names, totals }
}

function problemIn(
  circles: readonly ReadonlyMap<DocumentLine, LineProblem>[],
  line: DocumentLine,
): LineProblem | undefined {
  return circles.find((circle) => circle.has(line))?.get(line)
}

/** The error of a line, as it is stored. */
function problemOf({ error }: StoredValue): LineProblem {
  if (error === null) return { code: 'evaluation', message: 'It has no value.' }
  return problem(JSON.parse(error) as LineError)
}

function problem({ code, message, of }: LineError): LineProblem {
  const isOfLine = code !== 'internal' && code !== 'cancelled'
  return { code: isOfLine ? code : 'evaluation', message, ...(of !== undefined && { of }) }
}

/** Functions as an evaluator takes them: one text for all lines that call it. */
const encoded = new WeakMap<DocumentLine, string>()

function encodedFunction(line: DocumentLine): string {
  const known = encoded.get(line) ?? encodeFunction(line.expression.trim())
  encoded.set(line, known)
  return known
}

const REACHES_TOO_MUCH: EvaluationError = {
  error: {
    code: 'limit',
    message: `Together, the functions that this line calls are too long, or use more than ${REACHED_NAMES} names. Use fewer or smaller ones.`,
  },
}

/** The errors of the functions of a circle: one map for all lines that call one of them. */
const circular = new WeakMap<readonly DocumentLine[], ReadonlyMap<DocumentLine, LineProblem>>()

function problemsOf(circle: readonly DocumentLine[]): ReadonlyMap<DocumentLine, LineProblem> {
  const known =
    circular.get(circle) ?? new Map(circle.map((line) => [line, problem(circleError(line, circle).error)]))
  circular.set(circle, known)
  return known
}

/** Names that a message lists. */
const LISTED = 3

function circleError(line: DocumentLine, circle: readonly DocumentLine[]): EvaluationError {
  // One more would take as much room as its name.
  const count = circle.length - 1
  const listed = circle.slice(0, LISTED + 2).filter((other) => other !== line)
  const names = listed.slice(0, count === LISTED + 1 ? count : LISTED).map(nameOf)
  const more = count - names.length
  const parts = more > 0 ? [...names, `${more} more`] : names
  const others = parts.length === 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
  const message =
    count === 0 ? 'This line depends on itself.' : `This line depends on itself, by way of ${others}.`
  return { error: { code: 'evaluation', message } }
}

/** The word by which another line refers to a line. */
function nameOf({ seq, reading: { defines } }: DocumentLine): string {
  return `\`${defines ?? `line${seq}`}\``
}
