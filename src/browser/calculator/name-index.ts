import { definedName, wordsIn } from '../../calculator/line-presentation.ts'

/** Finds the lines that define or mention a name, so that a change does not search the whole sheet. */
export class NameIndex {
  readonly #definitions = new Map<string, Set<number>>()
  readonly #mentions = new Map<string, Set<number>>()
  readonly #lines = new Map<
    number,
    { readonly name: string | undefined; readonly words: ReadonlySet<string> }
  >()

  isDefined(name: string): boolean {
    return this.#definitions.has(name)
  }

  /** The names that lines define. */
  get names(): Iterable<string> {
    return this.#definitions.keys()
  }

  /** The lines that define a name, in no order. */
  definitions(name: string): ReadonlySet<number> {
    return this.#definitions.get(name) ?? NONE
  }

  /** The lines that mention a word, its definitions too, in no order. */
  mentions(word: string): ReadonlySet<number> {
    return this.#mentions.get(word) ?? NONE
  }

  /** Takes in a line. @param expression undefined: it was removed. @returns the names that are defined now or not any more */
  set(seq: number, expression: string | undefined): string[] {
    const former = this.#lines.get(seq)
    const name = expression === undefined ? undefined : definedName(expression)
    const words = new Set(expression === undefined ? [] : wordsIn(expression).map(({ word }) => word))
    for (const word of former?.words ?? []) if (!words.has(word)) drop(this.#mentions, word, seq)
    for (const word of words) add(this.#mentions, word, seq)
    if (expression === undefined) this.#lines.delete(seq)
    else this.#lines.set(seq, { name, words })
    if (former?.name === name) return []
    const names = [former?.name, name].filter((changed) => changed !== undefined)
    const before = names.map((changed) => this.isDefined(changed))
    if (former?.name !== undefined) drop(this.#definitions, former.name, seq)
    if (name !== undefined) add(this.#definitions, name, seq)
    return names.filter((changed, index) => this.isDefined(changed) !== before[index])
  }
}

const NONE: ReadonlySet<number> = new Set()

function add(index: Map<string, Set<number>>, word: string, seq: number): void {
  const lines = index.get(word)
  if (lines) lines.add(seq)
  else index.set(word, new Set([seq]))
}

function drop(index: Map<string, Set<number>>, word: string, seq: number): void {
  const lines = index.get(word)
  lines?.delete(seq)
  if (lines?.size === 0) index.delete(word)
}
