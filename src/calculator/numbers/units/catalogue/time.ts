import type { Entry } from './entry.ts'
import { CALENDAR, SI, SI_ACCEPTED, USAGE } from './sources.ts'

export const TIMES: readonly Entry[] = [
  {
    symbols: 's, sec, secs',
    words: 'second',
    prefixes: 'both',
    is: { base: 'time' },
    about: 'The SI unit of time.',
    source: SI,
  },
  { symbols: 'min', words: 'minute', names: 'mins', is: '60 s', about: '60 seconds.', source: SI_ACCEPTED },
  { symbols: 'h, hr', words: 'hour', names: 'hrs', is: '3600 s', about: '60 minutes.', source: SI_ACCEPTED },
  { symbols: 'day, d', names: 'days', is: '86400 s', about: '24 hours.', source: SI_ACCEPTED },
  {
    words: 'workday',
    names: 'working day, working days, business day, business days, weekdays',
    is: { base: 'workday' },
    about: 'A day from Monday to Friday, to add to a date. Holidays are not taken into account.',
    source: USAGE,
  },
  { words: 'week', names: 'wk, wks', is: '7 day', about: 'Seven days.', source: SI_ACCEPTED },
  { words: 'fortnight', is: '14 day', about: 'Two weeks.', source: USAGE },
  {
    words: 'month',
    names: 'mo, mos, mth, mths',
    is: '1/12 year',
    about: 'A twelfth of a year, 30.4375 days. Next to a date it is a calendar month.',
    source: CALENDAR,
  },
  {
    symbols: 'yr',
    words: 'year',
    names: 'yrs, annum',
    prefixes: 'large',
    is: '365.25 day',
    about: 'The Julian year, 365.25 days. Next to a date it is a calendar year.',
    source: CALENDAR,
  },
  {
    words: 'sidereal day',
    is: '86164.09054 s',
    about: 'A turn of the Earth against the stars.',
    source: USAGE,
  },
  { words: 'decade', is: '10 year', about: 'Ten years.', source: CALENDAR },
  { words: 'century', plurals: 'centuries', is: '100 year', about: 'A hundred years.', source: CALENDAR },
  {
    words: 'millennium',
    plurals: 'millennia, millenniums',
    is: '1000 year',
    about: 'A thousand years.',
    source: CALENDAR,
  },
]

export const FREQUENCIES: readonly Entry[] = [
  {
    symbols: 'Hz',
    plurals: 'hertz, Hertz',
    prefixes: 'si',
    is: '1 / s',
    opens: true,
    counts: 'cycles',
    about: 'Cycles per second.',
    source: SI,
  },
  {
    names: 'rpm, RPM',
    is: '1 turns / min',
    opens: true,
    counts: 'turns',
    about: 'Revolutions per minute.',
    source: USAGE,
  },
  {
    names: 'rps',
    is: '1 turns / s',
    opens: true,
    counts: 'turns',
    about: 'Revolutions per second.',
    source: USAGE,
  },
  { names: 'bpm', is: '1 / min', opens: true, counts: 'cycles', about: 'Beats per minute.', source: USAGE },
]
