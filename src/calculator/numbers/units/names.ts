import type { Entry } from './catalogue/entry.ts'

/** What may stand before a name: prefixes of symbols, of words, or nothing. */
export type Style = 'symbol' | 'word' | 'name' | 'sign'

/** All the names of an entry, the canonical one first. */
export function namesOf({ symbols, words, plurals, names, signs }: Entry): { name: string; style: Style }[] {
  const list = (text: string | undefined, style: Style) =>
    text === undefined ? [] : text.split(', ').map((name) => ({ name, style }))
  const all = [
    ...list(symbols, 'symbol'),
    ...list(words, 'word'),
    ...(plurals === undefined
      ? list(words, 'word').map(({ name }) => ({ name: `${name}s`, style: 'word' as const }))
      : []),
    ...list(plurals, 'word'),
    ...list(names, 'name'),
    ...list(signs, 'sign'),
  ]
  return all.filter(({ name }, at) => all.findIndex((other) => other.name === name) === at)
}
