/** A value as shown in the column of values, in which the decimal points are aligned. */
export interface ValueText {
  /** The digits before the decimal point, in groups. */
  readonly whole: string
  /** The decimal point and what stands behind it, with the unit. */
  readonly rest: string
}

/** A number at the beginning of a value, alone or with a unit; dates and times are none. */
const NUMBER = /^(-?\d+(?:\.(\d+))?)(e[+-]?\d+)?($|[% °].*$)/s

/** Another number in what follows the first one, as in `1.5 + 2.5i` and `1.5 ft 7.5 in`: either all of them are localised or none. */
const SECOND_NUMBER = /\s\d/

/** Formats that are kept: a format is slow to make, and a reader's language is anything they say it is. */
const KEPT = 50
/** Digits behind the point that a format can show. */
const DIGITS = 100
const formats = new Map<string, Intl.NumberFormat>()

/** The language in which numbers are written for a browser, by its `accept-language`. */
export function localeOf(languages: string | undefined): string {
  const first = languages?.split(',')[0]?.split(';')[0]?.trim() ?? ''
  try {
    return Intl.NumberFormat.supportedLocalesOf(first)[0] ?? 'en'
  } catch {
    return 'en'
  }
}

/** Writes a number, with its unit, as the reader's locale does: with its groups and its decimal point. All of its digits stay. */
export function valueText(text: string, locale: string): ValueText | undefined {
  const [, number, fraction = '', exponent = '', unit = ''] = NUMBER.exec(text) ?? []
  if (number === undefined || !isNumeric(number)) return undefined
  if (fraction.length > DIGITS || SECOND_NUMBER.test(unit)) return { whole: number, rest: exponent + unit }
  let whole = ''
  let rest = ''
  for (const { type, value } of formatOf(locale, fraction.length).formatToParts(number))
    if (type === 'decimal' || type === 'fraction') rest += value
    else whole += value
  return { whole, rest: rest + exponent + unit }
}

/**
 * The width of the part behind the decimal points of a column, in characters, so that most of them fit.
 * @param lengths of these parts
 */
export function widthOfRest(lengths: Iterable<number>): number {
  let width = 0
  for (const length of lengths) if (length <= WIDEST) width = Math.max(width, length)
  return width
}

/** Values with more digits after the point extend to the left, and do not shift the others. */
const WIDEST = 10

function isNumeric(text: string): text is `${number}` {
  return text !== '' && !Number.isNaN(Number(text))
}

function formatOf(locale: string, digits: number): Intl.NumberFormat {
  const key = `${locale} ${digits}`
  const known = formats.get(key)
  if (known) return known
  if (formats.size >= KEPT) formats.clear()
  const format = new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  formats.set(key, format)
  return format
}
