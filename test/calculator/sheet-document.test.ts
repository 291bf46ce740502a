import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { REACHED_CHARACTERS } from '../../src/calculator/language/index.ts'
import { Calculation } from '../../src/calculator/sheet/calculation.ts'
import { LINES, OF_A_REFRESH, RECALCULATED } from '../../src/calculator/sheet/document/bounds.ts'
import { DocumentEdit } from '../../src/calculator/sheet/document/document-edit.ts'
import {
  type DocumentLine,
  inputPosition,
  type Reading,
} from '../../src/calculator/sheet/document/reading.ts'
import { recalculationOf } from '../../src/calculator/sheet/document/recalculation.ts'
import { SheetDocument } from '../../src/calculator/sheet/document/sheet-document.ts'
import { seedFrom } from '../support/seed.ts'

/** A line in the notation of these tests: `x = y + ans`, `f() = y`, `sum`, `# heading`, or empty. */
function read(text: string): Reading {
  const [, name, brackets, body = ''] = /^(?:(\w+)(\(\))? = )?(.*)$/.exec(text) ?? []
  const words = body.match(/[a-z]\w*/g) ?? []
  const isNothing = text === '' || text.startsWith('#') || text.startsWith('//')
  return {
    role: isNothing ? 'none' : brackets ? 'function' : 'value',
    defines: isNothing ? undefined : name,
    definesBelow: name === 'm' || name === 'total',
    mentions: isNothing ? [] : [...new Set(words)],
    namesRead: () => new Set(isNothing ? [] : words),
    totals: isNothing ? [] : words.filter((word) => word === 'sum' || word === 'total'),
    endsSection: text === '' || text.startsWith('#') || text === 'sum' || text === 'total',
  }
}

const line = (seq: number, text: string, place = seq * 10): DocumentLine => ({
  seq,
  expression: text,
  written: 0,
  position: `${String(place).padStart(6, '0')} ${seq}`,
  reading: read(text),
})

function documentOf(...texts: string[]): SheetDocument {
  const document = new SheetDocument()
  texts.forEach((text, index) => {
    document.set(line(index + 1, text))
  })
  return document
}

/** The calculation of all lines of a document, as if they had just been written. */
function wholeOf({ lines }: SheetDocument) {
  const document = new SheetDocument()
  const edit = new DocumentEdit(document)
  for (const line of lines) edit.put(line)
  return recalculationOf(document, [edit])
}

/** The lines that are recalculated when one is rewritten, in order. */
function recalculated(document: SheetDocument, changed: DocumentLine): number[] {
  const edit = new DocumentEdit(document)
  edit.put(changed)
  return recalculationOf(document, [edit]).order.map(({ seq }) => seq)
}

t.test('a name means the nearest definition above, or else the first one below', async (t) => {
  const document = documentOf('x + 1', 'x = 1', 'x + 2', 'x = 5', 'x + 3')
  t.same(recalculated(document, line(2, 'x = 2')).toSorted(), [1, 2, 3])
  t.same(recalculated(document, line(4, 'x = 6')).toSorted(), [4, 5])
  t.same(recalculated(document, line(4, 'y = 6')).toSorted(), [4, 5])
})

t.test('a name that is also a unit counts only below the line that defines it', async (t) => {
  const document = documentOf('m + 1', 'm = 1', 'm + 2')
  t.same(recalculated(document, line(2, 'm = 2')).toSorted(), [2, 3])
})

t.test('the names in a function are looked up from the line that calls it', async (t) => {
  const document = documentOf('f() = x', 'x = 1', 'f()', 'x = 2', 'f()')
  t.same(recalculated(document, line(2, 'x = 3')).toSorted(), [2, 3])
  t.same(recalculated(document, line(1, 'f() = y')).toSorted(), [3, 5])
})

t.test('`ans`, totals and references depend on the lines that they stand for', async (t) => {
  const document = documentOf('1', '# heading', '2', '3', 'sum', 'ans', '4', 'sum', 'line3')
  t.same(recalculated(document, line(3, '20')), [3, 9, 5, 6, 8])
  t.same(recalculated(document, line(7, '40')).toSorted(), [7, 8])
  t.same(
    recalculated(document, line(5, '// nothing')).toSorted(),
    [6, 8],
    'two sections become one without the total between them',
  )
  t.same(recalculated(document, line(2, 'x')).toSorted(), [2, 8], 'so do they without the heading')
})

t.test('a cycle is found in exactly the lines that belong to it', async (t) => {
  const document = documentOf('a = b', 'b = c', 'c = 1', 'd = a', 'e = e')
  const edit = new DocumentEdit(document)
  edit.put(line(3, 'c = a'))
  const { order, circles } = recalculationOf(document, [edit])
  t.same([...circles].map(([{ seq }, all]) => [seq, all.map((one) => one.seq).toSorted()]).toSorted(), [
    [1, [1, 2, 3]],
    [2, [1, 2, 3]],
    [3, [1, 2, 3]],
  ])
  t.equal(order.at(-1)?.seq, 4, 'a line that only uses the cycle comes after it')
  const self = new DocumentEdit(document)
  self.put(line(5, 'e = e + 1'))
  t.same(
    [...recalculationOf(document, [self]).circles.keys()].map(({ seq }) => seq),
    [5],
  )
})

t.test('an edit that affects too many lines is refused, and can be undone', async (t) => {
  const chain = Array.from({ length: RECALCULATED + 10 }, (_, index) =>
    index === 0 ? 'x0 = 1' : `x${index} = x${index - 1}`,
  )
  const document = documentOf(...chain)
  const edit = new DocumentEdit(document)
  edit.put(line(1, 'x0 = 2'))
  t.throws(() => recalculationOf(document, [edit]), { code: 'limit' })
  edit.undo()
  t.equal(recalculated(document, line(RECALCULATED, 'y = 1')).length, 11)
  const order = recalculated(document, line(20, 'x19 = 7'))
  t.same(
    order,
    order.toSorted((a, b) => a - b),
    'a chain is calculated from its beginning',
  )
})

t.test('a line that reaches too much through functions has an error, and no dependencies', async (t) => {
  const functions = Array.from({ length: 300 }, (_, index) => `f${index}() = f${index + 1} + a${index}`)
  const document = documentOf('a0 = 1', ...functions, 'f0()', 'x = f200()')
  const [tooMuch, little] = [document.line(302), document.line(303)]
  if (!tooMuch || !little) throw new Error('a line is not there')
  t.equal(document.reach(tooMuch).isTooMuch, true)
  t.same(document.dependencies(tooMuch), new Set())
  t.equal(document.reach(little).isTooMuch, false)
  const calculation = new Calculation(document, { ...wholeOf(document), order: [tooMuch, little] })
  t.same(calculation.lines, [303])
  t.match(calculation.refused.get(302), { error: { code: 'limit' } })

  const isTooLong = (characters: number) => {
    const long = documentOf(`f() = ${'a'.repeat(characters)}`, 'f()')
    const call = long.line(2)
    return call && long.reach(call).isTooMuch
  }
  t.equal(isTooLong(REACHED_CHARACTERS), true)
  t.equal(isTooLong(REACHED_CHARACTERS - 6), false)
  t.equal(document.functions, 300)
  document.remove(2)
  t.equal(document.functions, 299)
})

t.test('an edit looks at a bounded number of lines, functions and names', async (t) => {
  const users = Array.from({ length: 1_000 }, () => 'f0() + f1()')
  const functions = Array.from({ length: 200 }, (_, index) => `f${index}() = f${index + 1} + a`)
  const calls = documentOf('a = 1', ...functions, ...users)
  const edit = new DocumentEdit(calls)
  t.throws(
    () => {
      edit.put(line(1, 'a = 2'))
      recalculationOf(calls, [edit])
    },
    { code: 'limit' },
  )

  const through = documentOf(
    ...functions,
    ...Array.from({ length: 10_000 }, (_, index) => `f${index % 100}()`),
  )
  const input = new DocumentEdit(through)
  input.put({ ...line(30_000, 'a = 1'), position: inputPosition('a') })
  t.throws(
    () => recalculationOf(through, [input], [], OF_A_REFRESH),
    { code: 'limit' },
    'also when an input changes',
  )
  const plain = documentOf(...Array.from({ length: LINES - 1 }, () => 'a + 1'))
  const change = new DocumentEdit(plain)
  change.put({ ...line(30_000, 'a = 1'), position: inputPosition('a') })
  t.equal(recalculationOf(plain, [change], [], OF_A_REFRESH).order.length, LINES)

  const names = documentOf('a = 1', ...Array.from({ length: 19_000 }, () => 'a + 1'))
  const many = new DocumentEdit(names)
  let inserted = 0
  t.throws(
    () => {
      for (; inserted < 500; inserted += 1) many.put(line(30_000 + inserted, 'a = 1', 10))
    },
    { code: 'limit' },
  )
  t.ok(inserted < 20)
})

t.test(
  'a cycle of five hundred functions is found, and one with new meanings everywhere is refused',
  async (t) => {
    const ring = (count: number) =>
      Array.from({ length: count }, (_, index) => `f${index}() = f${(index + 1) % count}()`)
    const document = documentOf(...ring(500), 'f3()')
    const heal = new DocumentEdit(document)
    heal.put(line(500, 'f499() = 1'))
    const { circles, functions, order } = recalculationOf(document, [heal])
    t.same([circles.size, functions.size, order.map(({ seq }) => seq)], [0, 500, [501]])
    heal.undo()
    t.equal(wholeOf(document).circles.size, 500)

    const twice = documentOf(...ring(250), ...ring(250))
    const edit = new DocumentEdit(twice)
    edit.put(line(500, 'f249() = 1'))
    t.throws(() => recalculationOf(twice, [edit]), { code: 'limit' })
  },
)

t.test('a line ignores functions with totals, which are not values above or below it', async (t) => {
  const document = documentOf('1', ...Array.from({ length: 5_000 }, (_, index) => `f${index}() = sum`), '2')
  let looked = 0
  const dependents = [
    ...document.dependents(line(1, '1'), (more) => {
      looked += more
    }),
  ]
  t.same(dependents, [])
  t.ok(looked < 10)
})

t.test('a reference points to a value, not to a function or an input', async (t) => {
  const document = documentOf('f() = 1', '2', 'line1 + line2')
  document.set({ ...line(7, 'today = 3'), position: inputPosition('today') })
  const from = document.line(3)
  if (!from) throw new Error('a line is not there')
  t.equal(document.meaning('line1', from), undefined)
  t.equal(document.meaning('line2', from)?.seq, 2)
  t.equal(document.meaning('line7', from), undefined)
})

/* Everything once more, by looking at all lines for everything. */

type Lines = readonly DocumentLine[]

function meant(lines: Lines, name: string, from: DocumentLine) {
  const definitions = lines.filter(({ reading }) => reading.defines === name)
  const above = definitions.findLast(({ position }) => position < from.position)
  if (above) return above
  const below = definitions.find(({ position }) => position > from.position) ?? definitions[0]
  if (below) return below.reading.definesBelow ? undefined : below
  if (name === 'ans')
    return lines.findLast(({ position, reading }) => position < from.position && reading.role === 'value')
  return lines.find(({ seq, reading }) => name === `line${seq}` && reading.role === 'value')
}

function namesOf(lines: Lines, from: DocumentLine): string[] {
  const names = new Set(from.reading.mentions)
  for (const name of names) {
    const definition = meant(lines, name, from)
    if (definition?.reading.role === 'function' && definition.reading.defines === name)
      for (const mentioned of definition.reading.mentions) names.add(mentioned)
  }
  return [...names]
}

function summedOf(lines: Lines, from: DocumentLine): Lines {
  const above = lines.filter(({ position }) => position < from.position)
  const end = above.findLastIndex(({ reading }) => reading.endsSection)
  return above.slice(end + 1).filter(({ reading }) => reading.role === 'value')
}

function needsOf(lines: Lines, from: DocumentLine): Lines {
  if (from.reading.role !== 'value') return []
  const named = namesOf(lines, from).flatMap((name) => meant(lines, name, from) ?? [])
  const hasTotal = from.reading.totals.some((word) => meant(lines, word, from) === undefined)
  return [
    ...named.filter(({ reading }) => reading.role === 'value'),
    ...(hasTotal ? summedOf(lines, from) : []),
  ]
}

/** A line, as another one comes to it: what a function leads to depends on who calls it. */
interface Step {
  readonly line: DocumentLine
  readonly from: DocumentLine
}

/** The circles that can be reached from any line, each by its steps. */
function circlesIn(lines: Lines): (readonly Step[])[] {
  const steps = new Map<string, Step>()
  const step = (line: DocumentLine, from: DocumentLine): string => {
    const key = `${line.seq} from ${from.seq}`
    steps.set(key, { line, from })
    return key
  }
  for (const line of lines) if (line.reading.role !== 'none') step(line, line)
  const next = new Map<string, string[]>()
  for (const [key, { line, from }] of steps) {
    const named = line.reading.mentions.flatMap((name) => {
      const found = meant(lines, name, from)
      if (found?.reading.role === 'value') return [step(found, found)]
      return found?.reading.role === 'function' && found.reading.defines === name ? [step(found, from)] : []
    })
    const hasTotal =
      line.reading.role === 'value' &&
      line.reading.totals.some((word) => meant(lines, word, from) === undefined)
    next.set(key, [...named, ...(hasTotal ? summedOf(lines, line).map((one) => step(one, one)) : [])])
  }
  const reached = new Map<string, Set<string>>()
  for (const key of steps.keys()) {
    const found = new Set(next.get(key))
    for (const one of found) for (const led of next.get(one) ?? []) found.add(led)
    reached.set(key, found)
  }
  const circles = new Map<string, readonly Step[]>()
  for (const [key, one] of steps) {
    const back = [...steps.keys()].filter(
      (other) => reached.get(key)?.has(other) && reached.get(other)?.has(key),
    )
    // A function may call itself.
    const isCircle = back.length > 1 || (back.length === 1 && one.line.reading.role === 'value')
    // What a function sees from its own line counts where it leads back to itself.
    const isSeen = one.from.reading.role === 'value' || back.includes(`${one.from.seq} from ${one.from.seq}`)
    if (isCircle && isSeen)
      circles.set(
        back.toSorted().join(),
        back.flatMap((other) => steps.get(other) ?? []),
      )
  }
  return [...circles.values()]
}

const seqsOf = (circles: readonly (readonly Step[])[]) =>
  [...new Set(circles.flat().map(({ line }) => line.seq))].toSorted((a, b) => a - b)

/** The functions that a line calls and that are in a circle of functions for it. */
function calledInCircles(circles: readonly (readonly Step[])[], from: DocumentLine): Set<DocumentLine> {
  const seen = circles.flat().filter((step) => step.from === from && step.line.reading.role === 'function')
  return new Set(from.reading.role === 'value' ? seen.map(({ line }) => line) : [])
}

/** The value of a line as a text that differs whenever the value may differ. For a function, whether it is in a circle. */
function values(lines: Lines): Map<number, string> {
  const circles = circlesIn(lines)
  const circleOf = (of: DocumentLine) => circles.filter((circle) => circle.some(({ line }) => line === of))
  const value = (of: DocumentLine): string => {
    const own = circleOf(of)
    if (own.length > 0) return `circle of ${seqsOf(own)}`
    if (of.reading.role === 'function') return 'no circle'
    const called = calledInCircles(circles, of)
    const names = namesOf(lines, of).map((name) => {
      const found = meant(lines, name, of)
      if (found?.reading.role === 'value') return `${name}: ${value(found)}`
      if (found?.reading.defines !== name) return `${name}: nothing`
      const seen = circles.filter((circle) => circle.some(({ line, from }) => line === found && from === of))
      return `${name}: ${called.has(found) ? `circle of ${seqsOf(seen)}` : found.expression}`
    })
    const hasTotal = of.reading.totals.some((word) => meant(lines, word, of) === undefined)
    const total = hasTotal ? `; total of ${summedOf(lines, of).map(value).join(' and ')}` : ''
    return `(${of.expression}; ${names.join(', ')}${total})`
  }
  return new Map(lines.filter(({ reading }) => reading.role !== 'none').map((one) => [one.seq, value(one)]))
}

/** As `values` tells it. */
function circleText(circle: readonly DocumentLine[] | undefined): string | undefined {
  return circle && `circle of ${circle.map(({ seq }) => seq).toSorted((a, b) => a - b)}`
}

const term = fc.constantFrom('x', 'y', 'm', 'f()', 'g()', 'h()', 'ans', 'sum', 'total', 'line2', '1', '2')
const body = fc.array(term, { minLength: 1, maxLength: 2 }).map((terms) => terms.join(' + '))
const text = fc.oneof(
  { weight: 4, arbitrary: body },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('x', 'y', 'm', 'total'), body).map(([name, is]) => `${name} = ${is}`),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom('f', 'g', 'h', 'm'), body).map(([name, is]) => `${name}() = ${is}`),
  },
  { weight: 2, arbitrary: fc.constantFrom('', '# heading', '// comment', 'sum') },
)
const step = fc.record({
  seq: fc.integer({ min: 1, max: 10 }),
  place: fc.integer({ min: 0, max: 99 }),
  text: fc.option(text),
})

t.test(
  'any edit recalculates what may have changed, in order of dependency, and finds all cycles',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 9 }),
        fc.array(step, { minLength: 1, maxLength: 3 }),
        (texts, steps) => {
          const document = documentOf(...texts)
          const before = values([...document.lines])
          const edit = new DocumentEdit(document)
          const written = new Set<number>()
          for (const { seq, place, text } of steps) {
            written.add(seq)
            if (text === null) edit.remove(seq)
            else edit.put(line(seq, text, place))
          }
          const { order, circles, functions, calledCircles } = recalculationOf(document, [edit])
          const lines = [...document.lines]
          const after = values(lines)
          const calculated = new Set([...order, ...functions].map(({ seq }) => seq))
          for (const [seq, value] of after) {
            // A rewritten line is calculated in any case.
            const isWritten = written.has(seq) && value === 'no circle'
            if (value !== before.get(seq) && !calculated.has(seq) && !isWritten)
              throw new Error(`line ${seq} is not calculated: ${before.get(seq)} → ${value}`)
          }
          for (const [index, one] of order.entries())
            for (const needed of needsOf(lines, one))
              if (order.includes(needed) && order.indexOf(needed) > index && !circles.has(one))
                throw new Error(`line ${one.seq} is calculated before line ${needed.seq}`)
          const all = circlesIn(lines)
          for (const one of [...order, ...functions]) {
            const value = after.get(one.seq)
            const found = circleText(circles.get(one))
            if (found !== (value?.startsWith('circle') ? value : undefined))
              throw new Error(`line ${one.seq}: ${value}, not ${found}`)
            const called = new Set(one.reading.role === 'value' ? calledCircles(one).flat() : [])
            if (!circles.has(one) && !isDeepStrictEqual(called, calledInCircles(all, one)))
              throw new Error(`line ${one.seq} calls ${[...called].map(({ seq }) => seq)} in circles`)
          }
          const whole = wholeOf(document)
          for (const [seq, value] of after) {
            const found = circleText(whole.circles.get(document.line(seq) as DocumentLine))
            if (found !== (value.startsWith('circle') ? value : undefined))
              throw new Error(`line ${seq}, of all: ${value}, not ${found}`)
          }
          edit.undo()
          const back = values([...document.lines])
          if (JSON.stringify([...back]) !== JSON.stringify([...before]))
            throw new Error('it was not taken back')
        },
      ),
      { numRuns: 3_000, seed: seedFrom('FUZZ_SEED') },
    )
    t.pass()
  },
)
