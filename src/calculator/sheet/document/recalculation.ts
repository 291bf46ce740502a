import { type Bounds, counter, OF_AN_EDIT, tooMuch } from './bounds.ts'
import type { MadeChange } from './document-edit.ts'
import { byPosition, type Circles, FunctionCircles, READ } from './function-circles.ts'
import { type DocumentLine, mayNeedOthers } from './reading.ts'
import type { Count, SheetDocument } from './sheet-document.ts'
import { stronglyConnected } from './strongly-connected.ts'

/** The lines to calculate after an edit, each after those that its value is computed from. */
export interface Recalculation {
  readonly order: readonly DocumentLine[]
  /**
   * Lines, including functions, that are computed from themselves, each with all lines of its circle in document order. A
   * function that is in several circles has the lines of all of them.
   */
  readonly circles: ReadonlyMap<DocumentLine, readonly DocumentLine[]>
  /** The functions that are in a circle now, or were before. */
  readonly functions: ReadonlySet<DocumentLine>
  /** Returns the circles of functions that a line with a value calls. */
  readonly calledCircles: (line: DocumentLine) => Circles
}

/**
 * Finds the lines to calculate after edits: those that the edits affect, and all that depend on these.
 * @param edits all edits since the values were calculated, in the order in which they were made
 * @param also `seq`s of further lines to calculate
 * @param bounds how much it may take
 * @throws CalculationError `limit` if there are more than that, or if it takes too much work to find them
 */
export function recalculationOf(
  document: SheetDocument,
  edits: readonly MadeChange[],
  also: Iterable<number> = NO_SEQS,
  bounds = OF_AN_EDIT,
): Recalculation {
  const [first, ...others] = edits
  const { affected, before } = first && others.length === 0 && also === NO_SEQS ? first : joined(edits, also)
  const found = withDependents(document, valueLinesAt(document, affected), bounds)
  const isWithoutFunctions = document.functions === 0 && !some(before.values(), isFunction)
  if (isWithoutFunctions && !some(found, mayNeedOthers)) return inAnyOrder(found)

  const after = [...before.keys()].map((seq) => document.line(seq))
  const changed = namesOf([...before.values(), ...after].filter((line) => line !== undefined))
  const { order, circles } = orderWithCircles(document, found, changed, bounds)
  const called = new FunctionCircles(document, counter(bounds))
  const calledCircles = (line: DocumentLine) => called.seenFrom(line)
  const ofLines = circlesOfLines(circles)
  if (isWithoutFunctions) return { order, circles: ofLines, functions: new Set(), calledCircles }

  const circlesBefore = inPlaceOf(document, before, () => {
    const left = withDependents(document, valueLinesAt(document, [...affected, ...before.keys()]), bounds)
    return orderWithCircles(document, left, changed, bounds).circles
  })
  const functions = new Set<DocumentLine>()
  for (const { seq } of [...circles, ...circlesBefore].flat()) {
    const line = document.line(seq)
    if (isFunction(line)) functions.add(line)
  }
  const callers = withDependents(document, document.callers(functions, counter(bounds)), bounds)
  // Functions may also be in circles that the edit did not touch.
  const isAll = !document.hasMutualFunctions && [...callers].every((line) => found.has(line))
  const all =
    isAll || functions.size === 0
      ? circles
      : orderWithCircles(document, callers, namesOf(functions), bounds).circles
  return { order, circles: new Map([...ofLines, ...joinedCircles(all, functions)]), functions, calledCircles }
}

const NO_SEQS: readonly number[] = []

/** Several edits as one. */
function joined(edits: readonly MadeChange[], also: Iterable<number>): MadeChange {
  const affected = new Set(also)
  const before = new Map<number, DocumentLine | undefined>()
  for (const edit of edits) {
    for (const seq of edit.affected) affected.add(seq)
    for (const [seq, line] of edit.before) if (!before.has(seq)) before.set(seq, line)
  }
  return { affected, before }
}

function some<Item>(items: Iterable<Item>, is: (item: Item) => boolean): boolean {
  for (const item of items) if (is(item)) return true
  return false
}

/** Most lines that people type are of this kind: what they have in common is made once. */
function inAnyOrder(lines: Iterable<DocumentLine>): Recalculation {
  return { order: [...lines], circles: NO_CIRCLES, functions: NO_FUNCTIONS, calledCircles: callsNone }
}

const callsNone = (): Circles => NONE_CALLED
const NONE_CALLED: Circles = []
const NO_CIRCLES: Recalculation['circles'] = new Map()
const NO_FUNCTIONS: Recalculation['functions'] = new Set()

/** Of the lines with these `seq`s, those with a value. */
function valueLinesAt(document: SheetDocument, seqs: Iterable<number>): DocumentLine[] {
  const lines: DocumentLine[] = []
  for (const seq of seqs) {
    const line = document.line(seq)
    if (line?.reading.role === 'value') lines.push(line)
  }
  return lines
}

function isFunction(line: DocumentLine | undefined): line is DocumentLine {
  return line?.reading.role === 'function'
}

/** Returns lines with a value, and all that depend on them. @throws CalculationError `limit` if there are more than the bounds allow, or it takes too much work */
function withDependents(
  document: SheetDocument,
  lines: Iterable<DocumentLine>,
  bounds: Bounds,
): Set<DocumentLine> {
  const count = counter(bounds)
  const found = new Set(lines)
  // The loop also visits the lines that are added to the set while it runs.
  for (const line of found) {
    for (const dependent of document.dependents(line, count)) found.add(dependent)
    if (found.size > bounds.lines) throw tooMuch()
  }
  return found
}

/** Calls `look` while some lines of the document are replaced by others. */
function inPlaceOf<Result>(
  document: SheetDocument,
  lines: ReadonlyMap<number, DocumentLine | undefined>,
  look: () => Result,
): Result {
  const now = new Map([...lines.keys()].map((seq) => [seq, document.line(seq)]))
  document.replace(lines)
  try {
    return look()
  } finally {
    document.replace(now)
  }
}

/**
 * Puts lines into an order in which each comes after those that it needs, and finds the circles that they are in or call.
 * @param names circles of functions that mention one of these names are found too, even if no line calls them
 */
function orderWithCircles(
  document: SheetDocument,
  lines: ReadonlySet<DocumentLine>,
  names: Iterable<string>,
  bounds: Bounds,
): { order: readonly DocumentLine[]; circles: Circles } {
  const functionCircles = new FunctionCircles(document, counter(bounds))
  const { order, circles } = inOrder(document, lines, counter(bounds))
  const found: Circles[number][] = circles.map(({ members, isRead }) => {
    const circle = new Set(members)
    for (const line of members)
      for (const between of functionCircles.between(line, members, isRead)) circle.add(between)
    return [...circle]
  })
  for (const line of lines) found.push(...functionCircles.seenOnlyFrom(line))
  found.push(...functionCircles.ownOf(names))
  return { order, circles: found.map((circle) => circle.toSorted(byPosition)) }
}

/** The circle of each line with a value that is in one. */
function circlesOfLines(circles: Circles): Map<DocumentLine, readonly DocumentLine[]> {
  return new Map(
    circles.flatMap((circle) =>
      circle.filter((line) => !isFunction(line)).map((line) => [line, circle] as const),
    ),
  )
}

function namesOf(lines: Iterable<DocumentLine>): string[] {
  return [...lines].flatMap(({ reading: { defines } }) => defines ?? [])
}

/** Each function that is in a circle, with the lines of all its circles. */
function joinedCircles(
  circles: Circles,
  functions: ReadonlySet<DocumentLine>,
): Map<DocumentLine, readonly DocumentLine[]> {
  const joined = new Map<DocumentLine, Set<DocumentLine>>()
  for (const circle of circles)
    for (const line of circle) {
      if (!functions.has(line)) continue
      const lines = joined.get(line) ?? new Set()
      for (const other of circle) lines.add(other)
      joined.set(line, lines)
    }
  return new Map([...joined].map(([line, lines]) => [line, [...lines].sort(byPosition)]))
}

/** Lines with a value that are computed from themselves. */
interface ValueCircle {
  readonly members: ReadonlySet<DocumentLine>
  /** True if it was found by the names that its lines really read, and not only by those that they mention. */
  readonly isRead: boolean
}

interface Ordered {
  readonly order: readonly DocumentLine[]
  readonly circles: readonly ValueCircle[]
}

function inOrder(document: SheetDocument, lines: ReadonlySet<DocumentLine>, count: Count): Ordered {
  const order: DocumentLine[] = []
  const circles: ValueCircle[] = []
  const found = groupsOf(lines, (line) => {
    const needed = document.dependencies(line, count)
    count(needed.size)
    return needed
  })
  for (const { members, isCircle } of found) {
    if (!isCircle || !canBeRead(document, members, count)) {
      order.push(...members)
      if (isCircle) circles.push({ members: new Set(members), isRead: false })
      continue
    }
    for (const read of groupsOf(members, (line) => document.readDependencies(line))) {
      order.push(...read.members)
      if (read.isCircle) circles.push({ members: new Set(read.members), isRead: true })
    }
  }
  return { order, circles }
}

/** Groups lines, each group after those that it needs. Several lines in a group, or one that needs itself, are a circle. */
function groupsOf(
  lines: Iterable<DocumentLine>,
  dependenciesOf: (line: DocumentLine) => ReadonlySet<DocumentLine>,
) {
  const needsItself = new Set<DocumentLine>()
  const groups = stronglyConnected(lines, (line) => {
    const needed = dependenciesOf(line)
    if (needed.has(line)) needsItself.add(line)
    return needed
  })
  return groups.map((members) => {
    const [first] = members
    return { members, isCircle: members.length > 1 || (first !== undefined && needsItself.has(first)) }
  })
}

/** Tells whether the lines of a circle, and their functions, are short enough to find out which names they really read. */
function canBeRead(document: SheetDocument, lines: readonly DocumentLine[], count: Count): boolean {
  let characters = 0
  for (const line of lines) {
    characters += line.expression.length + document.reach(line).characters
    if (characters > READ) return false
  }
  // Reading a character costs about as much as looking at a name.
  count(characters)
  return true
}
