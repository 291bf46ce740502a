import { type CalculationError, evaluation, readRoman, unitsSpelledLike } from '../numbers/index.ts'

/** Names of random numbers in other programs, in lower case. */
const RANDOM = /^(rand(om)?|rnd|pickrandom|rand(om)?_?int(eger)?|randbetween|randn)$/
const WEEKDAY = /^(?:mon|tues|wednes|thurs|fri|satur|sun)days?$/i

const severalCountries = (...codes: readonly string[]): string =>
  `\`…\` is the currency of several countries. Write its code: ${codes
    .map((code) => `500 ${code}`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1')}.`

/** Names that have no meaning here, and what to write instead. The name stands for `…`. */
const ADVICE: readonly (readonly [names: RegExp, advice: string])[] = [
  [/^(?:kr|kron[aoe]r?|kronur)$/i, severalCountries('SEK', 'NOK', 'DKK')],
  [/^pesos?$/i, severalCountries('MXN', 'ARS', 'PHP')],
  [/^(?:fr|francs?)$/i, severalCountries('CHF', 'XOF', 'XAF')],
  [/^dinars?$/i, severalCountries('KWD', 'JOD', 'RSD')],
  [/^dirhams?$/i, severalCountries('AED', 'MAD')],
  [/^ri(?:y)?als?$/i, severalCountries('SAR', 'QAR', 'OMR')],
  [/^shillings?$/i, severalCountries('KES', 'TZS', 'UGX')],
  [
    /^(?:christmas|xmas|easter|halloween|thanksgiving|valentine'?s?|hanukkah|ramadan|diwali)$/i,
    'The dates of holidays are not known here. Write the date of `…`, as in 25 Dec 2026.',
  ],
  [/^(?:nd|th)$/, 'Ordinals, such as 2nd, are no numbers here. Write a fraction as 1/4 or a quarter.'],
  [
    /^dB[a-zA-Zµ]{0,2}$/,
    '`…` is a logarithm, which is no unit here. For a ratio of powers in decibels write 10 * log10(100), and 10^(20/10) for the ratio of 20 dB.',
  ],
  [/^(?:people|persons?)$/i, "I don't know `…`. Leave the word out, or write … = 1 on a line above."],
  [/^f$/, "I don't know `…`. Write … = 5 on a line above, or °F for degrees Fahrenheit."],
]

/** The error for a name without a meaning, with the one that was probably meant. */
export function unknownName(name: string, known: Iterable<string>, position?: number): CalculationError {
  if (name === 'x' || name === 'X')
    return evaluation(
      `\`${name}\` has no value. Write ${name} = 2 on a line above, or put a number after it to multiply: 4 ${name} 3.`,
      position,
    )
  if (RANDOM.test(name.toLowerCase()))
    return evaluation(
      'There are no random numbers here: everyone sees the same values, and none may change by itself. Write the number that was drawn.',
      position,
    )
  if (WEEKDAY.test(name))
    return evaluation(`\`${name}\` could be any week's. Write the date: 2026-11-28.`, position)
  if (/^_+\d*$/.test(name))
    return evaluation('One underscore separates groups of digits, and only between them: 1_000.', position)
  const advice = ADVICE.find(([names]) => names.test(name))?.[1]
  if (advice !== undefined) return evaluation(advice.replaceAll('…', name), position)
  if (name.length > 2 && readRoman(name) !== undefined)
    return evaluation(`I don't know \`${name}\`. For the Roman numeral write ${name} to decimal.`, position)
  const units = unitsSpelledLike(name)
  const meant = units.length > 0 ? units.join('` or `') : suggest(name, known)
  const unknown = `I don't know \`${name}\`.`
  return evaluation(
    meant === undefined
      ? `${unknown} Write ${name} = 5 on a line above to give it a value.`
      : `${unknown} Did you mean \`${meant}\`?`,
    position,
  )
}

/** The error for a call of what has no meaning. */
export function unknownFunction(name: string, known: Iterable<string>, position?: number): CalculationError {
  const error = unknownName(name, known, position)
  const defined = ` Write ${name} = 5 on a line above to give it a value.`
  return error.message.endsWith(defined)
    ? evaluation(
        `I don't know the function \`${name}\`. Define it on a line above, as in ${name}(x) = 2 x.`,
        position,
      )
    : error
}

/** Ways to write a number that a target can name. */
const WRITINGS = ['hex', 'binary', 'octal', 'decimal', 'fraction', 'percent', 'sci']

const TARGETS: readonly (readonly [words: RegExp, advice: string])[] = [
  [/^polar$/i, 'Write abs(3 + 4i) for the length, and arg(3 + 4i) to deg for the angle.'],
  [/^(?:int|integers?|whole)$/i, 'Write round(3.7) for a whole number, or floor and ceil.'],
  [/^(?:unix|timestamp|epoch)$/i, 'Write 2026-11-28 - 1970-01-01 to s.'],
  [/^f$/, 'For degrees Fahrenheit write °F.'],
]

/** The error for a word without a meaning after `to`, where no value of a name would help. */
export function unknownTarget(name: string, isOfMoment: boolean, position: number): CalculationError {
  if (name === 'x' || name === 'X') return unknownName(name, [], position)
  const advice = TARGETS.find(([words]) => words.test(name))?.[1]
  if (advice !== undefined) return evaluation(`I don't know \`${name}\`. ${advice}`, position)
  if (isOfMoment)
    return evaluation(
      `I don't know the place \`${name}\`. Write a larger city, or UTC+2, or a part of the date: week, weekday, month.`,
      position,
    )
  const units = unitsSpelledLike(name)
  const meant = units.length > 0 ? units.join('` or `') : suggest(name, WRITINGS)
  return evaluation(
    meant === undefined
      ? `I don't know the unit \`${name}\`. Write a unit, or a way to write numbers: hex, binary, fraction, %, sci, 2 dp.`
      : `I don't know the unit \`${name}\`. Did you mean \`${meant}\`?`,
    position,
  )
}

/**
 * Returns the known word that was probably meant, or undefined. It may be one edit away, or up to three in a long word. The
 * fewest edits win, and among equals a word with the same first letter.
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const most = word.length < 3 ? 0 : word.length < 6 ? 1 : word.length < 10 ? 2 : 3
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  const lower = word.toLowerCase()
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > most || candidate.length < 3) continue
    if (word.length < 4 && candidate[0] !== word[0]) continue
    if (word.length < 5 && candidate.length === word.length && !isAnagram(lower, candidate.toLowerCase()))
      continue
    const edits = distance(lower, candidate.toLowerCase())
    if (edits > most || (edits > 1 && candidate[0] !== word[0])) continue
    const cost = edits * 4 - (candidate[0] === word[0] ? 2 : 0) + (edits === 0 ? 1 : 0)
    if (cost < least) {
      least = cost
      best = candidate
    }
  }
  return best
}

/** A short word with another letter in it is a different word: `eggs` does not mean `eigs`. */
const isAnagram = (a: string, b: string): boolean => [...a].sort().join('') === [...b].sort().join('')

/** Edits between two words, a swap of neighbours being one (Damerau, 1964; optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
