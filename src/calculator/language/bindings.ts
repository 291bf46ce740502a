import { limit } from '../numbers/index.ts'
import { REACHED_CHARACTERS, REACHED_LEVELS, REACHED_NAMES } from './limits.ts'
import { namesIn } from './names.ts'

/** The names of a sheet, each with what `Binding.stored` was. Own properties only. */
export type Bindings = Readonly<Record<string, string>>

/** The meaning of a name. */
export interface Meaning {
  readonly stored: string
  /** The names in a function's definition, found once when it is stored or loaded; a value mentions none. */
  readonly mentions: readonly string[]
}

const FUNCTION = '{"function":'

/** Encodes a definition for storing, as it was typed. */
export const encodeFunction = (source: string): string => JSON.stringify({ function: source })

/** Tells whether a stored binding is a function. */
export const isFunction = (stored: string): boolean => stored.startsWith(FUNCTION)

/** The typed definition in a stored function, or undefined when it is a value. */
export function sourceOf(stored: string): string | undefined {
  if (!isFunction(stored)) return undefined
  try {
    const { function: source }: { function: unknown } = JSON.parse(stored)
    return typeof source === 'string' ? source : undefined
  } catch {
    return undefined
  }
}

export function meaningOf(stored: string): Meaning {
  const source = sourceOf(stored)
  return { stored, mentions: source === undefined ? [] : namesIn(source) }
}

/** Names that are looked up at once: however large each is, that is little to read. */
const AT_ONCE = 32

/**
 * Finds out which of a sheet's names an expression may need, `ans` included: those in the expression, then those in the
 * functions among them, and so on.
 *
 *     const reach = new Reach('f(2)')
 *     while (reach.wanted.length > 0) reach.take(await lookUp(reach.wanted))
 *     reach.bindings // what to send with the expression
 */
export class Reach {
  readonly bindings: Record<string, string> = Object.create(null)
  readonly #seen: Set<string>
  readonly #found: { readonly name: string; readonly level: number }[]
  #looked = 0
  #characters = 0

  constructor(expression: string) {
    this.#seen = new Set(namesIn(expression))
    this.#found = [...this.#seen].map((name) => ({ name, level: 0 }))
  }

  /** The names to look up next; none when all are known. */
  get wanted(): string[] {
    return this.#next().map(({ name }) => name)
  }

  /**
   * Takes what the wanted names stand for, as far as they stand for anything.
   * @throws CalculationError `limit` when the expression reaches too much
   */
  take(meanings: ReadonlyMap<string, Meaning>): void {
    const looked = this.#next()
    this.#looked += looked.length
    for (const { name, level } of looked) {
      const meaning = meanings.get(name)
      if (!meaning) continue
      this.bindings[name] = meaning.stored
      this.#characters += meaning.stored.length
      if (this.#characters > REACHED_CHARACTERS)
        throw limit('The names that this expression uses hold too much. Use fewer or smaller ones.')
      for (const mentioned of meaning.mentions) this.#find(mentioned, level + 1)
    }
  }

  #next() {
    return this.#found.slice(this.#looked, this.#looked + AT_ONCE)
  }

  #find(name: string, level: number): void {
    if (this.#seen.has(name)) return
    if (level > REACHED_LEVELS)
      throw limit(`These functions lead through more than ${REACHED_LEVELS} others, one after the other.`)
    if (this.#seen.size >= REACHED_NAMES)
      throw limit(`This uses more than ${REACHED_NAMES} names through functions. Use fewer.`)
    this.#seen.add(name)
    this.#found.push({ name, level })
  }
}
