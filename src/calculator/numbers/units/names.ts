import type { Entry } from './catalogue/entry.ts'

/** The prefixes that a name takes: those of symbols, those of words, or none. */
export type Style = 'symbol' | 'word' | 'name' | 'sign'

/** A name of a unit, and what may stand before it. */
export interface Name {
  readonly name: string
  readonly style: Style
}

/** All the names of an entry, the canonical one first. */
export function namesOf({ symbols, words, plurals, names, signs }: Entry): Name[] {
  const all = new Map<string, Style>()
  const add = (text: string | undefined, style: Style, ending = '') => {
    if (text === undefined) return
    for (const name of text.split(', ')) if (!all.has(name + ending)) all.set(name + ending, style)
  }
  add(symbols, 'symbol')
  add(words, 'word')
  if (plurals === undefined) add(words, 'word', 's')
  add(plurals, 'word')
  add(names, 'name')
  add(signs, 'sign')
  return Array.from(all, ([name, style]) => ({ name, style }))
}
