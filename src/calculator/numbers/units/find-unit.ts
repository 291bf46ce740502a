import { CATALOGUE } from './catalogue/index.ts'
import { WHOLE } from './dimensions.ts'
import type { Style } from './names.ts'
import { longPrefixes, type Prefix, shortPrefixes, takes } from './prefixes.ts'
import { readProduct } from './read-unit.ts'
import { type Definition, NamedUnit, type Unit, unitOf } from './unit.ts'

interface Spelling {
  readonly named: NamedUnit
  readonly style: Style
}

interface Found {
  readonly named: NamedUnit
  readonly prefix: Prefix | undefined
  /** The unit as it is shown. */
  readonly text: string
}

/** Longer words are not looked up. */
const LONGEST_NAME = 40

/** Words of the language that could be read as a prefix and a unit: attosecond, attometre, gigacandela, … */
const NEVER_UNITS = new Set(['as', 'am', 'AM', 'PM', 'gcd', 'var'])

/** The prefixes that are read in either case; in words of small letters only two of them, since `m` may be milli or mega. */
const CARELESS_PREFIXES = new Set(['k', 'M', 'G', 'T', 'c', 'm', 'µ', 'h'])
const SMALL_PREFIXES = new Set(['k', 'G'])
const SMALL_SYMBOLS = new Set(['W', 'J', 'V'])

const read = (text: string): Definition => readProduct(text, findUnit)

/** All units of the catalogue, in its order. */
export const namedUnits: readonly NamedUnit[] = CATALOGUE.flatMap(({ topic, entries }) =>
  entries.map((entry) => new NamedUnit(entry, topic, read)),
)

/** Every name, without prefixes. */
const spellings = new Map<string, Spelling>()
for (const named of namedUnits)
  for (const { name, style } of named.names) spellings.set(name, { named, style })

// Names of several words, typed as one: `nauticalmile`, `shortton`.
for (const [name, spelling] of [...spellings])
  if (/[ -]/.test(name) && spelling.style !== 'sign') {
    const joined = name.replaceAll(/[ -]/g, '')
    if (!spellings.has(joined)) spellings.set(joined, { named: spelling.named, style: 'name' })
  }

/** Every name in small letters, with all that are spelled so; made when it is first needed. */
let folded: ReadonlyMap<string, readonly Folded[]> | undefined

interface Folded {
  readonly name: string
  readonly spelling: Spelling
}

function foldedSpellings(): ReadonlyMap<string, readonly Folded[]> {
  if (folded) return folded
  const all = new Map<string, Folded[]>()
  for (const [name, spelling] of spellings) {
    if (spelling.style === 'sign' || isCurrency(spelling.named)) continue
    const same = all.get(name.toLowerCase())
    if (same) same.push({ name, spelling })
    else all.set(name.toLowerCase(), [{ name, spelling }])
  }
  folded = all
  return all
}

/** The first words, in small letters, of names of several words. */
const firstWords = new Set(
  [...spellings.keys()].flatMap((name) =>
    /[ -]/.test(name) ? (name.split(/[ -]/)[0]?.toLowerCase() ?? []) : [],
  ),
)

/**
 * Tells whether this is the first word of a unit of several: `fl` of `fl oz`, `nautical` of `nautical mile`, and with a
 * prefix `kilowatt` of `kilowatt-hour`.
 */
export function beginsUnit(word: string): boolean {
  const small = word.toLowerCase()
  if (firstWords.has(small)) return true
  const [, rest] = LONG_PREFIX.exec(small) ?? []
  return rest !== undefined && firstWords.has(rest)
}

const LONG_PREFIX = new RegExp(`^(?:${[...longPrefixes.keys()].join('|')})(.+)$`)

/**
 * The unit of this name, with its prefix: `km`, `kilometres`, `°C`, `fl oz`, `€`, `KiB`. Small and capital letters
 * matter where two units differ only in them (`mW` and `MW`), and nowhere else. `square`, `cubic`, `sq` and `cu` before
 * a length make an area or a volume, also as one word.
 *
 * @returns undefined when it is not a unit, or could be more than one: it never guesses
 */
export function findUnit(word: string): Unit | undefined {
  if (word.length > LONGEST_NAME || word === '') return undefined
  const found = findExactly(word) ?? findIgnoringCase(word)
  if (found) return unitOf([{ ...found, power: WHOLE }])
  const [, shape = '', space = '', length = ''] = /^(square|sq\.?|cubic|cu\.?)([ -]?)(.+)$/i.exec(word) ?? []
  if (length === '' || (space === '' && length.length < 4)) return undefined
  const root = findExactly(length) ?? findIgnoringCase(length)
  if (root?.named.topic !== 'Length') return undefined
  return unitOf([{ ...root, power: /^s/i.test(shape) ? 2 * WHOLE : 3 * WHOLE }])
}

/**
 * The units that differ from a word only in small and capital letters, as they are written: `MB` and `Mb` for `mb`.
 * Empty when there is at most one, which `findUnit` then finds.
 */
export function unitsSpelledLike(word: string): string[] {
  if (word.length > LONGEST_NAME) return []
  // Nobody means ronnahenries.
  const isCommon = ({ exponent }: Prefix) => Math.abs(exponent) <= 15
  const names = foldedMatches(word, isCommon).map(({ text }) => text)
  const all = [...new Set(names)].filter((name) => !NEVER_UNITS.has(name))
  return all.length > 1 ? all : []
}

function isCurrency({ entry }: NamedUnit): boolean {
  return typeof entry.is === 'object' && 'currency' in entry.is
}

function findExactly(word: string): Found | undefined {
  if (NEVER_UNITS.has(word)) return undefined
  const whole = spellings.get(word)
  if (whole) return { named: whole.named, prefix: undefined, text: textOf(word, whole) }
  for (const prefixes of [shortPrefixes, longPrefixes])
    for (let length = Math.min(6, word.length - 1); length > 0; length--) {
      const prefix = prefixes.get(word.slice(0, length))
      const spelling = prefix && spellings.get(word.slice(length))
      if (spelling && fits(prefix, prefixes === longPrefixes, spelling))
        return { named: spelling.named, prefix, text: tidy(word, prefix, length, spelling) }
    }
  return undefined
}

/** Tells whether a name takes a prefix: words take long ones, symbols short ones. */
function fits(prefix: Prefix, isLong: boolean, { named, style }: Spelling): boolean {
  const set = named.entry.prefixes
  if (set === undefined || !takes(set, prefix)) return false
  if (style === 'name') return false
  return set === 'both' || set === 'binary' || isLong === (style === 'word')
}

const textOf = (word: string, { named, style }: Spelling): string => (style === 'sign' ? named.name : word)

/** As typed, except for characters that look the same and signs that stand for a unit. */
function tidy(word: string, prefix: Prefix, length: number, spelling: Spelling): string {
  const typed = word.slice(0, length)
  const shown = typed === '\u03bc' ? prefix.short : typed
  return shown + textOf(word.slice(length), spelling)
}

function findIgnoringCase(word: string): Found | undefined {
  if (word.length < 2 || NEVER_UNITS.has(word)) return undefined
  const matches = foldedMatches(word, isCareless(word))
  const [first] = matches
  const isOne = matches.every(({ named, prefix }) => named === first?.named && prefix === first.prefix)
  return isOne ? first : undefined
}

/** Tells whether people would write a symbol with a prefix in the letters of this word: `KM`, `kwh`; but not `ga`. */
function isCareless(word: string): (prefix: Prefix, symbol: string, spelling: Spelling) => boolean {
  const isSmall = word === word.toLowerCase()
  return ({ short }, symbol, { named, style }) => {
    if (style === 'word') return true
    if (short === 'c') return named.name === 'm' || named.name === 'l'
    if (!isSmall) return CARELESS_PREFIXES.has(short)
    return SMALL_PREFIXES.has(short) && (symbol.length > 1 || SMALL_SYMBOLS.has(symbol))
  }
}

/** Every unit that is written with these letters, small or capital. */
function foldedMatches(
  word: string,
  isMeant: (prefix: Prefix, symbol: string, spelling: Spelling) => boolean,
): Found[] {
  const small = word.toLowerCase()
  const matches: Found[] = []
  for (const { name, spelling } of foldedSpellings().get(small) ?? [])
    matches.push({ named: spelling.named, prefix: undefined, text: textOf(name, spelling) })
  for (const prefixes of [shortPrefixes, longPrefixes])
    for (const [typed, prefix] of prefixes) {
      if (typed === 'K' || !small.startsWith(typed.toLowerCase())) continue
      for (const { name, spelling } of foldedSpellings().get(small.slice(typed.length)) ?? [])
        if (fits(prefix, prefixes === longPrefixes, spelling) && isMeant(prefix, name, spelling))
          matches.push({ named: spelling.named, prefix, text: typed + textOf(name, spelling) })
    }
  return matches
}
