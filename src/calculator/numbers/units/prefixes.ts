/**
 * Which prefixes a unit takes. `both`: short and long ones with each of its names; `large` and `small`: multiples or
 * parts only; `square` and `cube`: of the unit's root, so that km2 is a million m2; `binary`: multiples, decimal and
 * binary, short and long ones; `gauss`: parts, and kilo.
 */
export type PrefixSet = 'si' | 'both' | 'large' | 'small' | 'square' | 'cube' | 'binary' | 'gauss'

/** A power of ten or of 1024 before a unit's name. */
export interface Prefix {
  readonly short: string
  readonly long: string
  readonly base: 10 | 2
  readonly exponent: number
}

const decimal = (short: string, long: string, exponent: number): Prefix => ({
  short,
  long,
  base: 10,
  exponent,
})
const binary = (short: string, long: string, exponent: number): Prefix => ({ short, long, base: 2, exponent })

/** SI Brochure, 9th edition, table 7 (with the four of the 27th CGPM, 2022), and IEC 80000-13 for the binary ones. */
export const PREFIXES: readonly Prefix[] = [
  decimal('Q', 'quetta', 30),
  decimal('R', 'ronna', 27),
  decimal('Y', 'yotta', 24),
  decimal('Z', 'zetta', 21),
  decimal('E', 'exa', 18),
  decimal('P', 'peta', 15),
  decimal('T', 'tera', 12),
  decimal('G', 'giga', 9),
  decimal('M', 'mega', 6),
  decimal('k', 'kilo', 3),
  decimal('h', 'hecto', 2),
  decimal('da', 'deca', 1),
  decimal('d', 'deci', -1),
  decimal('c', 'centi', -2),
  decimal('m', 'milli', -3),
  decimal('µ', 'micro', -6),
  decimal('n', 'nano', -9),
  decimal('p', 'pico', -12),
  decimal('f', 'femto', -15),
  decimal('a', 'atto', -18),
  decimal('z', 'zepto', -21),
  decimal('y', 'yocto', -24),
  decimal('r', 'ronto', -27),
  decimal('q', 'quecto', -30),
  binary('Yi', 'yobi', 80),
  binary('Zi', 'zebi', 70),
  binary('Ei', 'exbi', 60),
  binary('Pi', 'pebi', 50),
  binary('Ti', 'tebi', 40),
  binary('Gi', 'gibi', 30),
  binary('Mi', 'mebi', 20),
  binary('Ki', 'kibi', 10),
]

/** Other spellings of prefixes. `K` for kilo is not in the SI, but people type it, and no other prefix is a K. */
const SHORT_SPELLINGS: readonly [string, string][] = [
  ['u', 'µ'],
  ['\u03bc', 'µ'],
  ['K', 'k'],
]
const LONG_SPELLINGS: readonly [string, string][] = [['deka', 'deca']]

/** The prefixes by what may stand before a symbol. */
export const shortPrefixes: ReadonlyMap<string, Prefix> = byName('short', SHORT_SPELLINGS)

/** The prefixes by what may stand before a word. */
export const longPrefixes: ReadonlyMap<string, Prefix> = byName('long', LONG_SPELLINGS)

/** Tells whether a unit with this set takes the prefix. */
export function takes(set: PrefixSet, { base, exponent }: Prefix): boolean {
  if (base === 2) return set === 'binary'
  if (set === 'large' || set === 'binary') return exponent >= 3
  if (set === 'small') return exponent < 0
  if (set === 'gauss') return exponent === 3 || (exponent <= -3 && exponent >= -15)
  return true
}

/** The power that a prefix is raised to before a unit with this set. */
export const powerOfPrefix = (set: PrefixSet | undefined): number =>
  set === 'square' ? 2 : set === 'cube' ? 3 : 1

/** The prefix of ten to this power, if there is one whose exponent is a multiple of three. */
export const prefixOf = (exponent: number): Prefix | undefined =>
  exponent % 3 === 0
    ? PREFIXES.find((prefix) => prefix.base === 10 && prefix.exponent === exponent)
    : undefined

function byName(length: 'short' | 'long', spellings: readonly [string, string][]): Map<string, Prefix> {
  const found = new Map(PREFIXES.map((prefix) => [prefix[length], prefix]))
  for (const [spelling, name] of spellings) {
    const prefix = found.get(name)
    if (prefix) found.set(spelling, prefix)
  }
  return found
}
