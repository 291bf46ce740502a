import type { Entry } from './entry.ts'
import { ISO_80000, SI, SP811 } from './sources.ts'

export const LIGHT: readonly Entry[] = [
  {
    symbols: 'cd',
    words: 'candela',
    prefixes: 'si',
    is: { base: 'luminosity' },
    about: 'The SI unit of luminous intensity.',
    source: SI,
  },
  {
    symbols: 'lm',
    words: 'lumen',
    prefixes: 'si',
    is: '1 cd sr',
    about: 'The SI unit of luminous flux.',
    source: SI,
  },
  {
    symbols: 'lx',
    words: 'lux',
    plurals: 'lux',
    prefixes: 'si',
    is: '1 lm / m^2',
    about: 'The SI unit of illuminance.',
    source: SI,
  },
  { words: 'dioptre, diopter', is: '1 / m', about: 'The power of lenses.', source: ISO_80000 },
  { words: 'nit', is: '1 cd / m^2', about: 'Used for the brightness of screens.', source: SP811 },
  { words: 'stilb', is: '1 cd / cm^2', about: 'The cgs unit of luminance.', source: SP811 },
  { words: 'phot', is: '10000 lx', about: 'The cgs unit of illuminance.', source: SP811 },
  {
    symbols: 'fc',
    words: 'footcandle, foot candle, foot-candle',
    is: '1 lm / ft^2',
    about: 'Lumens per square foot.',
    source: SP811,
  },
  { words: 'lambert', is: '1/pi cd / cm^2', about: 'A cgs unit of luminance.', source: SP811 },
  {
    words: 'footlambert, foot lambert',
    is: '1/pi cd / ft^2',
    about: 'Used for the brightness of cinema screens.',
    source: SP811,
  },
]

export const RADIATION: readonly Entry[] = [
  {
    symbols: 'Bq',
    words: 'becquerel',
    prefixes: 'si',
    is: '1 / s',
    about: 'The SI unit of radioactivity, decays a second.',
    source: SI,
  },
  {
    symbols: 'Ci',
    words: 'curie',
    prefixes: 'si',
    is: '3.7e10 Bq',
    about: 'The activity of a gram of radium.',
    source: SP811,
  },
  {
    symbols: 'Gy',
    words: 'gray',
    prefixes: 'si',
    is: '1 J / kg',
    about: 'The SI unit of absorbed dose.',
    source: SI,
  },
  {
    symbols: 'Sv',
    words: 'sievert',
    prefixes: 'si',
    is: '1 J / kg',
    about: 'The SI unit of dose equivalent.',
    source: SI,
  },
  { words: 'rem', prefixes: 'both', is: '0.01 Sv', about: 'A hundredth of a sievert.', source: SP811 },
  {
    words: 'roentgen, röntgen',
    prefixes: 'si',
    is: '0.000258 C / kg',
    about: 'Used for exposure to X-rays.',
    source: SP811,
  },
]
