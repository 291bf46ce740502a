/** The words of the language that are not functions, constants or units. */

/** Words that no name can take: without them lines could not be read. */
const CORE = new Set(['to', 'in', 'as', 'into', 'of', 'mod', 'and', 'or', 'xor', 'not'])

/** Words that mean something in a line where the sheet gives them no meaning; names like them are refused for new lines. */
const GLUE = new Set(
  'plus minus times divided multiplied per is what over modulo squared cubed on off percent percentage'.split(
    ' ',
  ),
)

/** Words after a number that multiply it, with their power of ten, or with the number where that is not one. */
export const SCALES: ReadonlyMap<string, string> = new Map([
  ...['k', 'thousand', 'thousands', 'grand'].map((word) => [word, 'e3'] as const),
  ['hundred', 'e2'],
  ...['lakh', 'lakhs'].map((word) => [word, 'e5'] as const),
  ...['million', 'millions', 'mn', 'mio', 'mln'].map((word) => [word, 'e6'] as const),
  ...['crore', 'crores'].map((word) => [word, 'e7'] as const),
  ...['billion', 'billions', 'bn', 'mrd', 'mld'].map((word) => [word, 'e9'] as const),
  ...['trillion', 'trillions', 'tn'].map((word) => [word, 'e12'] as const),
  ...['dozen', 'dozens'].map((word) => [word, '12'] as const),
  ['score', '20'],
  ['gross', '144'],
  ['googol', 'e100'],
])

/** Scales that mean something else where no number stands before them: a gross salary, the score of a game. */
export const ONLY_COUNTED: ReadonlySet<string> = new Set(['gross', 'score'])

/** Parts of a whole. */
export const PARTS: ReadonlyMap<string, string> = new Map(
  ['half', 'third', 'quarter', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
    .flatMap((word, i) => {
      const number = String(i + 2)
      return word === 'half'
        ? [[word, number] as const]
        : [[word, number] as const, [`${word}s`, number] as const]
    })
    .concat([
      ['halves', '2'],
      ['fourth', '4'],
      ['fourths', '4'],
      ...[
        ['twelfth', '12'],
        ['sixteenth', '16'],
        ['twentieth', '20'],
        ['hundredth', '100'],
        ['thousandth', '1000'],
        ['millionth', '1000000'],
      ].flatMap(([word = '', number = '']) => [[word, number] as const, [`${word}s`, number] as const]),
    ]),
)

const SMALL_COUNTS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'

/** Words of which a smaller count can follow: `twenty-one`. */
export const TENS: ReadonlyMap<string, string> = new Map(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, i) => [word, String(10 * (i + 2))]),
)

export const COUNTS: ReadonlyMap<string, string> = new Map([
  ...SMALL_COUNTS.split(' ').map((word, i) => [word, String(i)] as const),
  ...TENS,
])

export const MULTIPLES: ReadonlyMap<string, string> = new Map([
  ['twice', '2'],
  ['double', '2'],
  ['thrice', '3'],
  ['triple', '3'],
  ['quadruple', '4'],
])

/** Words that stand between two values, or after one. */
const INFIX = new Set([
  ...'at base choose for pct raised rounded by out from between increased decreased reduced added subtracted more less than after before ago until till since third'.split(
    ' ',
  ),
  ...SCALES.keys(),
  ...[...PARTS.keys()].filter((word) => word.endsWith('s')),
])

/** Words that mean something only in their phrase, and may be names. */
const PHRASES = new Set([
  ...'a an the x square cube root cent power today now tomorrow yesterday convert calculate remainder negative'.split(
    ' ',
  ),
  ...INFIX,
  ...COUNTS.keys(),
  ...PARTS.keys(),
  ...MULTIPLES.keys(),
])

/** Characters of the longest word: most names need not be looked up. */
const LONGEST = Math.max(...[...CORE, ...GLUE, ...PHRASES].map(({ length }) => length))

/**
 * Returns the word of the language for a name, in lower case, or ''. Words of one letter are returned unchanged: `A` is the
 * ampere.
 */
export function wordOf(name: string, isBound: (name: string) => boolean): string {
  if (name.length > LONGEST) return ''
  const word = name.length > 1 ? name.toLowerCase() : name === 'X' ? 'x' : name
  if (CORE.has(word)) return name === 'in' && isBound(name) ? 'in' : word
  if (!GLUE.has(word) && !PHRASES.has(word)) return ''
  return isBound(name) ? '' : word
}

/** Tells whether a word of the language cannot begin a value. */
export const isInfix = (word: string): boolean => CORE.has(word) || GLUE.has(word) || INFIX.has(word)

/** Tells whether a word of the language is an operator everywhere. */
export const isOperator = (word: string): boolean => CORE.has(word) || GLUE.has(word)

/** Explains that a name cannot be defined because it is a word of the language; undefined if it can. */
export function whyNoName(name: string): string | undefined {
  if (name === 'in') return undefined
  if (!CORE.has(name) && !GLUE.has(name)) return undefined
  const example = EXAMPLES[name]
  return `\`${name}\` is a word of the language${example === undefined ? '' : `, as in \`${example}\``}; choose another name.`
}

const EXAMPLES: Readonly<Record<string, string>> = {
  to: '5 km to miles',
  as: '1/4 as %',
  into: '5 km into miles',
  of: '10% of 50',
  mod: '7 mod 3',
  and: '1 < 2 and 2 < 3',
  or: '1 < 2 or 2 < 3',
  xor: 'true xor false',
  not: 'not true',
  plus: '2 plus 3',
  minus: '3 minus 2',
  times: '2 times 3',
  divided: '6 divided by 3',
  multiplied: '2 multiplied by 3',
  per: '5 km per hour',
  is: '20 is what % of 80',
  what: '20 is what % of 80',
  over: '3 over 4',
  modulo: '7 modulo 3',
  squared: '3 squared',
  cubed: '2 cubed',
  on: '8% on 50',
  off: '25% off 80',
  percent: '10 percent of 50',
  percentage: '20 as a percentage of 80',
}

/** Letters that mean that only right after an amount of money: `$2M`. */
export const MONEY_SCALES: ReadonlyMap<string, string> = new Map([
  ['k', 'e3'],
  ['K', 'e3'],
  ['m', 'e6'],
  ['M', 'e6'],
  ['b', 'e9'],
  ['B', 'e9'],
  ['T', 'e12'],
])

/** Taxes whose short names could be read as units: `20% TVA` is not a teravolt-ampere. */
export const TAXES = new Set([
  'VAT',
  'TVA',
  'IVA',
  'USt',
  'MwSt',
  'GST',
  'HST',
  'PST',
  'QST',
  'BTW',
  'MVA',
  'moms',
])

/** Everyday words that are never units, although their letters could be read as one: `as` is not an attosecond. */
export const NEVER_UNITS = new Set(['a', 'an', 'as', 'at', 'of', 'to', 'is', 'on', 'or', 'x', 'X', 'k'])

/** Functions of the numbers of a range: `sum 1:100`. */
export const OF_LISTS: ReadonlySet<string> = new Set(
  'sum total prod product mean average avg median max maximum min minimum std stdev variance var'.split(' '),
)

/** Units whose names are functions too, but only with parentheses: `lb(8)`, against `1/(lb degF)`. */
export const UNITS_FIRST = new Set(['lb'])

/** Words that leave it open whether a tax is part of the amount before them or is to be added: `100 incl. 20% VAT`. */
export const isInclusion = (word: string): boolean =>
  /^(?:incl|including|inclusive|excl|excluding|without)$/i.test(word)

/** Codes of currencies that may precede an amount. */
export const CURRENCY = /^[A-Z]{3}$/

/** Letters that may precede a dollar sign. */
export const DOLLARS: ReadonlyMap<string, string> = new Map([
  ['US', 'USD'],
  ['A', 'AUD'],
  ['AU', 'AUD'],
  ['C', 'CAD'],
  ['CA', 'CAD'],
  ['NZ', 'NZD'],
  ['HK', 'HKD'],
  ['S', 'SGD'],
  ['SG', 'SGD'],
  ['R', 'BRL'],
  ['MX', 'MXN'],
])

/** Words that may precede an amount, with a point or without: `Rs. 500`. */
export const AMOUNT_WORDS: ReadonlyMap<string, string> = new Map([
  ['Rs', 'INR'],
  ['Fr', 'CHF'],
  ['SFr', 'CHF'],
  ['zł', 'PLN'],
])

/** Signs of roots, and the function of each. */
export const ROOTS: ReadonlyMap<string, string> = new Map([
  ['√', 'sqrt'],
  ['∛', 'cbrt'],
  ['∜', 'nthRoot'],
])

const CLOCK = new Set(['today', 'now', 'tomorrow', 'yesterday'])

/** Tells whether a word, however it is capitalised, is known where a sheet says what the day and the time are. */
export const isClockWord = (word: string): boolean => CLOCK.has(word.toLowerCase())
