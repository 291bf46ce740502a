import type { Entry } from './entry.ts'
import { SI, SP811 } from './sources.ts'

export const TEMPERATURES: readonly Entry[] = [
  {
    symbols: 'K',
    names: 'degK, °K',
    words: 'kelvin',
    signs: '\u212a',
    prefixes: 'si',
    is: { base: 'temperature' },
    about: 'The SI unit of temperature, from absolute zero.',
    source: SI,
  },
  {
    symbols: '°C, degC',
    words: 'celsius, degree celsius, degree Celsius, degree C',
    plurals: 'celsius, centigrade, degrees celsius, degrees Celsius, degrees centigrade, degrees C, deg C',
    signs: '℃, ºC',
    is: '1 K',
    zero: '273.15',
    about: 'A temperature; water freezes at 0 °C.',
    source: SI,
  },
  {
    symbols: '°F, degF',
    words: 'fahrenheit, degree fahrenheit, degree Fahrenheit, degree F',
    plurals: 'fahrenheit, degrees fahrenheit, degrees Fahrenheit, degrees F, deg F',
    signs: '℉, ºF',
    is: '5/9 K',
    zero: '45967/180',
    about: 'A temperature; water freezes at 32 °F.',
    source: SP811,
  },
  {
    symbols: '°R, degR',
    words: 'rankine',
    plurals: 'rankine',
    is: '5/9 K',
    about: 'A temperature in Fahrenheit degrees from absolute zero.',
    source: SP811,
  },
]
