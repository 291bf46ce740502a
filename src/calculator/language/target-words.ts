/** The words that a conversion can name after `to`, `in` and `as`, other than units. */
import type { Target } from './tree.ts'

type Writing = Extract<Target, { kind: 'writing' }>['as']
type DatePart = Extract<Target, { kind: 'datePart' }>['part']

export const WRITINGS: ReadonlyMap<string, Writing> = new Map([
  ['hex', 'hex'],
  ['hexadecimal', 'hex'],
  ['binary', 'binary'],
  ['bin', 'binary'],
  ['octal', 'octal'],
  ['oct', 'octal'],
  ['decimal', 'decimal'],
  ['dec', 'decimal'],
  ['fraction', 'fraction'],
  ['fractions', 'fraction'],
  ['frac', 'fraction'],
  ['percent', 'percent'],
  ['percentage', 'percent'],
  ['pct', 'percent'],
  ['sci', 'scientific'],
  ['scientific', 'scientific'],
  ['exponential', 'scientific'],
  ['eng', 'engineering'],
  ['engineering', 'engineering'],
  ['roman', 'roman'],
  ['number', 'number'],
  ['arabic', 'number'],
])

/** Words that may follow the name of a writing. */
export const WRITING_NOUNS: ReadonlyMap<Writing, RegExp> = new Map([
  ['scientific', /^notation$/i],
  ['engineering', /^notation$/i],
  ['roman', /^(?:numerals?|number)$/i],
  ['number', /^(?:numerals?|number)$/i],
])

export const BASES: ReadonlyMap<string, Writing> = new Map([
  ['2', 'binary'],
  ['8', 'octal'],
  ['10', 'decimal'],
  ['16', 'hex'],
])

/** Parts of a date whose words are not units. */
export const DATE_PARTS: ReadonlyMap<string, DatePart> = new Map([
  ['weekday', 'weekday'],
  ['date', 'date'],
  ['time', 'time'],
  ['quarter', 'quarter'],
])

/** Parts of a date whose words are units too: of a date they are the part. */
export const PARTS_OR_UNITS: ReadonlyMap<string, DatePart> = new Map([
  ['week', 'week'],
  ['year', 'year'],
  ['month', 'month'],
  ['day', 'day'],
])

export const PLACES = new Set(['dp', 'dps', 'decimal', 'decimals', 'place', 'places'])
export const SIGNIFICANT = new Set(['sf', 'sd', 'sig', 'significant', 'digits', 'digit'])
export const NOUNS = new Set(['place', 'places', 'digit', 'digits', 'fig', 'figs', 'figure', 'figures'])

/** Ways to write a length of time, as other programs name them. */
export const CLOCK_FORMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['h:mm', ['h', 'min']],
  ['hh:mm', ['h', 'min']],
  ['h:mm:ss', ['h', 'min', 's']],
  ['hh:mm:ss', ['h', 'min', 's']],
  ['m:ss', ['min', 's']],
  ['mm:ss', ['min', 's']],
  ['hms', ['h', 'min', 's']],
  ['dms', ['deg', 'arcmin', 'arcsec']],
])
