import type { DocumentLine } from './reading.ts'
import type { Count, SheetDocument } from './sheet-document.ts'
import { stronglyConnected } from './strongly-connected.ts'

/** Characters of the lines of a circle, and of their functions, beyond which they are not read again. */
export const READ = 50_000

/**
 * The circles of a document that lead through functions. What a function leads to depends on the line that calls it, since the
 * names in it are looked up from there: it may be in a circle for one line, and in none for another. A function is also in a
 * circle where it leads back to itself as seen from its own line, whether or not somebody calls it. That it calls itself
 * directly is no circle.
 */
export class FunctionCircles {
  readonly #document: SheetDocument
  readonly #count: Count
  /** What every line sees of functions with one definition each. */
  readonly #everywhere = new Map<ReadonlySet<string>, Circles>()
  readonly #seenAlike = new Map<ReadonlySet<string>, boolean>()

  constructor(document: SheetDocument, count: Count = () => {}) {
    this.#document = document
    this.#count = count
  }

  /** The circles that are made of functions alone, among those that a line calls. */
  seenFrom(line: DocumentLine): Circles {
    return this.#seen(line, false)
  }

  /** As `seenFrom`, of those that not every line sees alike. */
  seenOnlyFrom(line: DocumentLine): Circles {
    return this.#seen(line, true)
  }

  #seen(line: DocumentLine, isAlone: boolean): Circles {
    if (!this.#document.hasMutualFunctions) return []
    const { names, isTooMuch } = this.#document.reach(line, this.#count)
    if (isTooMuch) return []
    const components = new Set<ReadonlySet<string>>()
    for (const name of names) {
      const component = this.#document.mutualFunctions.get(name)
      if (component) components.add(component)
    }
    return [...components].flatMap((component) => {
      const isSame = this.#isSeenAlike(component)
      if (isSame && isAlone) return []
      const circles = isSame ? this.#seenEverywhere(component) : this.#among(component, line)
      return circles.filter((circle) =>
        circle.some(({ reading: { defines } }) => defines !== undefined && names.has(defines)),
      )
    })
  }

  /** The circles of functions that one of their own lines sees, where one of them mentions one of these names. */
  ownOf(mentioned: Iterable<string>): Circles {
    const components = new Set<ReadonlySet<string>>()
    if (!this.#document.hasMutualFunctions) return []
    for (const name of mentioned)
      for (const line of this.#document.functionsThatMention(name)) {
        const component = this.#document.mutualFunctions.get(line.reading.defines ?? '')
        if (component) components.add(component)
      }
    return [...components].flatMap((component) => this.#ownOf(component))
  }

  /** All circles of functions that one of their own lines sees. */
  get allOwn(): Circles {
    return [...new Set(this.#document.mutualFunctions.values())].flatMap((component) =>
      this.#ownOf(component),
    )
  }

  #ownOf(component: ReadonlySet<string>): Circles {
    if (this.#isSeenAlike(component)) return this.#seenEverywhere(component)
    return [...component]
      .flatMap((name) => this.#document.functionsCalled(name))
      .flatMap((line) => this.#among(component, line, line).filter((circle) => circle.includes(line)))
  }

  /** A name with one definition means that everywhere. */
  #isSeenAlike(component: ReadonlySet<string>): boolean {
    const known = this.#seenAlike.get(component)
    if (known !== undefined) return known
    const isSeenAlike = [...component].every((name) => this.#document.hasOneMeaning(name))
    this.#seenAlike.set(component, isSeenAlike)
    return isSeenAlike
  }

  #seenEverywhere(component: ReadonlySet<string>): Circles {
    const known = this.#everywhere.get(component)
    if (known) return known
    const [first] = [...component].flatMap((name) => this.#document.functionsCalled(name)).sort(byPosition)
    const found = first ? this.#among(component, first) : []
    this.#everywhere.set(component, found)
    return found
  }

  /** @param own the function line that looks, if it is one: what it does not lead to is left out */
  #among(component: ReadonlySet<string>, from: DocumentLine, own?: DocumentLine): Circles {
    const meant = new Map<string, DocumentLine>()
    for (const name of component) {
      const definition = this.#document.definition(name, from)
      if (definition?.reading.role === 'function') meant.set(name, definition)
    }
    this.#count(component.size)
    const led = (names: Iterable<string>) => [...names].flatMap((name) => meant.get(name) ?? [])
    const calls = ({ reading: { mentions } }: DocumentLine) => {
      this.#count(mentions.length)
      return led(mentions)
    }
    const reached = new Set(own ? [own] : meant.values())
    // A set that grows while it is walked is walked to its end.
    for (const line of reached) for (const called of calls(line)) reached.add(called)
    const isBound = (name: string) => this.#document.isBound(name, from)
    return circlesAmong(reached, calls).flatMap((circle) => {
      const characters = circle.reduce((sum, { expression }) => sum + expression.length, 0)
      if (characters > READ) return [circle]
      this.#count(characters)
      return circlesAmong(circle, ({ reading }) => led(reading.namesRead(isBound)))
    })
  }

  /**
   * The functions by way of which a line of a circle leads to the lines of that circle.
   * @param isRead whether the circle was found by the names that its lines really read
   */
  between(line: DocumentLine, circle: ReadonlySet<DocumentLine>, isRead: boolean): ReadonlySet<DocumentLine> {
    const isBound = (name: string) => this.#document.isBound(name, line)
    const namesIn = ({ expression, reading }: DocumentLine) => {
      this.#count(isRead ? expression.length : reading.mentions.length)
      return isRead ? reading.namesRead(isBound) : reading.mentions
    }
    const callers = new Map<string, DocumentLine[]>()
    const ends: string[] = []
    const names = new Set(namesIn(line))
    for (const name of names) {
      this.#count(1)
      const meant = this.#document.meaning(name, line)
      if (meant && circle.has(meant)) ends.push(name)
      if (meant?.reading.role !== 'function') continue
      for (const mentioned of namesIn(meant)) {
        names.add(mentioned)
        const known = callers.get(mentioned)
        if (known) known.push(meant)
        else callers.set(mentioned, [meant])
      }
    }
    const found = new Set<DocumentLine>()
    const towards = new Set(ends)
    for (const name of towards)
      for (const caller of callers.get(name) ?? []) {
        found.add(caller)
        if (caller.reading.defines !== undefined) towards.add(caller.reading.defines)
      }
    return found
  }
}

export type Circles = readonly (readonly DocumentLine[])[]

function circlesAmong(
  lines: Iterable<DocumentLine>,
  next: (line: DocumentLine) => Iterable<DocumentLine>,
): Circles {
  return stronglyConnected(lines, next).filter(({ length }) => length > 1)
}

export function byPosition(a: DocumentLine, b: DocumentLine): number {
  return a.position < b.position ? -1 : 1
}
