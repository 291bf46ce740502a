import type { Entry } from './entry.ts'
import { SI, SP811, USAGE } from './sources.ts'

export const SPEEDS: readonly Entry[] = [
  { names: 'mph, MPH', is: '1 miles / h', opens: true, about: 'Miles per hour.', source: SP811 },
  {
    names: 'kph, KPH, kmh, kmph, KMH',
    is: '1 km / h',
    opens: true,
    about: 'Kilometres per hour.',
    source: USAGE,
  },
  {
    symbols: 'kn',
    words: 'knot',
    names: 'kts',
    is: '1 nmi / h',
    opens: true,
    about: 'Nautical miles per hour.',
    source: SP811,
  },
  { names: 'mps', is: '1 m / s', opens: true, about: 'Metres per second.', source: USAGE },
  { names: 'fps', is: '1 feet / s', opens: true, about: 'Feet per second.', source: SP811 },
  { names: 'c', is: '299792458 m / s', about: 'The speed of light.', source: SI },
]

export const FLOWS: readonly Entry[] = [
  { names: 'gpm, GPM', is: '1 gallons / min', opens: true, about: 'US gallons per minute.', source: SP811 },
  { names: 'gph, GPH', is: '1 gallons / h', opens: true, about: 'US gallons per hour.', source: SP811 },
  { names: 'lpm, LPM', is: '1 l / min', opens: true, about: 'Litres per minute.', source: USAGE },
  { names: 'cfm, CFM', is: '1 ft^3 / min', opens: true, about: 'Cubic feet per minute.', source: SP811 },
  { names: 'cumec, cumecs', is: '1 m^3 / s', opens: true, about: 'Cubic metres per second.', source: USAGE },
  { names: 'cusec, cusecs', is: '1 ft^3 / s', opens: true, about: 'Cubic feet per second.', source: USAGE },
  {
    names: 'mgd, MGD',
    is: '1e6 gallons / day',
    opens: true,
    about: 'Million US gallons per day.',
    source: USAGE,
  },
  { names: 'bpd', is: '1 bbl / day', opens: true, about: 'Barrels of oil per day.', source: USAGE },
  { words: 'sverdrup', is: '1e6 m^3 / s', about: 'Used for the currents of oceans.', source: USAGE },
  { names: 'cfs', is: '1 ft^3 / s', opens: true, about: 'Cubic feet per second.', source: SP811 },
]

export const CONSUMPTIONS: readonly Entry[] = [
  {
    names: 'mpg, MPG',
    is: '1 miles / gallon',
    opens: true,
    about: 'Miles per US gallon of fuel.',
    source: SP811,
  },
  {
    names: 'impmpg, mpg imperial, UK mpg, mpg UK',
    is: '1 miles / impgal',
    opens: true,
    about: 'Miles per imperial gallon of fuel.',
    source: USAGE,
  },
  { names: 'kmpl', is: '1 km / l', opens: true, about: 'Kilometres per litre of fuel.', source: USAGE },
  {
    names: 'l/100km, L/100km, l/100 km, L/100 km',
    is: '0.01 l / km',
    opens: true,
    about: 'Litres of fuel per hundred kilometres.',
    source: SP811,
  },
]
