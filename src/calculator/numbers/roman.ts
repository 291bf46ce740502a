/** Roman numerals, as they are written today: IV, and not IIII. */
import { evaluation } from './errors.ts'
import { isRational, type Real } from './real.ts'

const SIGNS: readonly (readonly [string, bigint])[] = [
  ['M', 1000n],
  ['CM', 900n],
  ['D', 500n],
  ['CD', 400n],
  ['C', 100n],
  ['XC', 90n],
  ['L', 50n],
  ['XL', 40n],
  ['X', 10n],
  ['IX', 9n],
  ['V', 5n],
  ['IV', 4n],
  ['I', 1n],
]

const NUMERAL = /^(?=.)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/

/** The numeral of a whole number from 1 to 3999; undefined for others, which have none. */
function romanNumeral(n: bigint): string | undefined {
  if (n < 1n || n > 3999n) return undefined
  let rest = n
  let text = ''
  for (const [sign, value] of SIGNS) for (; rest >= value; rest -= value) text += sign
  return text
}

/** Writes a whole number from 1 to 3999. Throws `evaluation` for any other number. */
export function writeRoman(a: Real): string {
  const numeral = isRational(a) && a.d === 1n ? romanNumeral(a.n) : undefined
  if (numeral === undefined) throw evaluation('Only whole numbers from 1 to 3999 have a Roman numeral.')
  return numeral
}

/** Returns the number of a numeral in capital letters, or undefined. */
export function readRoman(text: string): bigint | undefined {
  if (!NUMERAL.test(text)) return undefined
  let rest = text
  let n = 0n
  for (const [sign, value] of SIGNS) for (; rest.startsWith(sign); rest = rest.slice(sign.length)) n += value
  return n
}
