import type { DocumentLine } from './reading.ts'
import type { Count, SheetDocument } from './sheet-document.ts'
import { stronglyConnected } from './strongly-connected.ts'

/**
 * Characters of the lines of a circle, and of their functions, up to which the names that they really read are found out;
 * beyond it, those that they mention count.
 */
export const READ = 50_000

/**
 * Finds circles that lead through functions. The names in a function are looked up from the line that calls it, so a function
 * may be in a circle for one line and in none for another. A function that leads back to itself as seen from its own line is
 * in a circle too, whether or not any line calls it. A function that calls itself directly is not in a circle.
 */
export class FunctionCircles {
  readonly #document: SheetDocument
  readonly #count: Count
  /** The circles among functions of which each has one definition: they are the same from every line. */
  readonly #everywhere = new Map<ReadonlySet<string>, Circles>()
  readonly #seenAlike = new Map<ReadonlySet<string>, boolean>()

  constructor(document: SheetDocument, count: Count) {
    this.#document = document
    this.#count = count
  }

  /** The circles of functions that a line calls. */
  seenFrom(line: DocumentLine): Circles {
    return this.#seen(line, false)
  }

  /** As `seenFrom`, but without those that are the same from every line. */
  seenOnlyFrom(line: DocumentLine): Circles {
    return this.#seen(line, true)
  }

  #seen(line: DocumentLine, isOnly: boolean): Circles {
    if (!this.#document.hasMutualFunctions) return []
    const { names, isTooMuch } = this.#document.reach(line, this.#count)
    if (isTooMuch) return []
    return this.#componentsOf(names).flatMap((component) => {
      const isSame = this.#isSeenAlike(component)
      if (isSame && isOnly) return []
      const circles = isSame ? this.#seenEverywhere(component) : this.#among(component, line)
      return circles.filter((circle) =>
        circle.some(({ reading: { defines } }) => defines !== undefined && names.has(defines)),
      )
    })
  }

  /**
   * The circles that functions are in as seen from their own lines, of those functions that may lead to one which mentions one
   * of these names and back.
   */
  ownOf(mentioned: Iterable<string>): Circles {
    if (!this.#document.hasMutualFunctions) return []
    const functions = new Set<string>()
    for (const name of mentioned)
      for (const { reading } of this.#document.functionsThatMention(name)) {
        this.#count(1)
        if (reading.defines !== undefined) functions.add(reading.defines)
      }
    return this.#componentsOf(functions).flatMap((component) => this.#ownOf(component))
  }

  /** The groups of functions that may lead to each other in which one of these names is. */
  #componentsOf(names: Iterable<string>): ReadonlySet<string>[] {
    const components = new Set<ReadonlySet<string>>()
    for (const name of names) {
      const component = this.#document.mutualFunctions.get(name)
      if (component) components.add(component)
    }
    return [...components]
  }

  #ownOf(component: ReadonlySet<string>): Circles {
    if (this.#isSeenAlike(component)) return this.#seenEverywhere(component)
    return [...component]
      .flatMap((name) => this.#document.functionsCalled(name))
      .flatMap((line) => this.#among(component, line, line).filter((circle) => circle.includes(line)))
  }

  /** Tells whether the circles among functions are the same from every line. */
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

  /**
   * Finds the circles among functions, as seen from a line.
   * @param own the function that this line is, if it is one: functions to which it does not lead are left out
   */
  #among(component: ReadonlySet<string>, from: DocumentLine, own?: DocumentLine): Circles {
    const meant = new Map<string, DocumentLine>()
    for (const name of component) {
      const definition = this.#document.definition(name, from)
      if (definition?.reading.role === 'function') meant.set(name, definition)
    }
    this.#count(component.size)
    const functionsIn = (names: Iterable<string>) => [...names].flatMap((name) => meant.get(name) ?? [])
    const calls = ({ reading: { mentions } }: DocumentLine) => {
      this.#count(mentions.length)
      return functionsIn(mentions)
    }
    const reached = new Set(own ? [own] : meant.values())
    // The loop also visits the lines that are added to the set while it runs.
    for (const line of reached) for (const called of calls(line)) reached.add(called)
    const isBound = (name: string) => this.#document.isBound(name, from)
    return circlesAmong(reached, calls).flatMap((circle) => {
      const characters = circle.reduce((sum, { expression }) => sum + expression.length, 0)
      if (characters > READ) return [circle]
      this.#count(characters)
      return circlesAmong(circle, ({ expression, reading }) =>
        functionsIn(reading.namesRead(expression, isBound)),
      )
    })
  }

  /**
   * The functions through which a line of a circle leads to the lines of that circle.
   * @param isRead whether the circle was found by the names that its lines really read
   */
  between(line: DocumentLine, circle: ReadonlySet<DocumentLine>, isRead: boolean): ReadonlySet<DocumentLine> {
    const isBound = (name: string) => this.#document.isBound(name, line)
    const namesIn = ({ expression, reading }: DocumentLine) => {
      this.#count(isRead ? expression.length : reading.mentions.length)
      return isRead ? reading.namesRead(expression, isBound) : reading.mentions
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
