import type { Entry } from './catalogue/entry.ts'

/** The kind of a name, which decides its prefixes: symbols take short ones, words long ones, names and signs none. */
export type Style = 'symbol' | 'word' | 'name' | 'sign'

/** A name of a unit, and its kind. */
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
