import type { UnitPower, Vocabulary } from '../../src/calculator/language/vocabulary.ts'
import { ONE, type Unit } from '../../src/calculator/numbers/index.ts'

/** A unit that is known by what was typed. */
interface NamedUnit extends Unit {
  readonly text: string
}

const KINDS: Readonly<Record<string, string>> = {
  length:
    'm km cm mm nm pm am in inch inches ft foot feet yd mile miles mi ly furlong metre metres meters kilometre lightyear',
  mass: 'kg g lb oz t tonne pounds pound stone mg st',
  time: 's h min hours hour minutes minute days day d year years yr week weeks month months sec ms hr',
  temperature: 'K °C °F degC degF celsius fahrenheit kelvin',
  angle: 'deg ° degrees rad arcmin arcsec',
  volume: 'l L ml cup cups gallon gallons tsp tbsp',
  force: 'N lbf kip',
  energy: 'J kJ kcal kWh Wh eV BTU',
  power: 'W kW hp MW mW',
  charge: 'C coulomb Ah',
  capacity: 'F µF farad',
  current: 'A mA ampere',
  voltage: 'V',
  frequency: 'Hz rpm',
  data: 'B kB MB GB TB KiB bit Gbit Mbit',
  speed: 'mph knots knot',
  pressure: 'Pa psi bar atm',
  area: 'acre ha sqft sqmi a',
  amount: 'mol',
  USD: '$ USD',
  EUR: '€ EUR',
  GBP: '£ GBP',
  JPY: '¥ JPY',
  CAD: 'CAD',
}

const BARE: Unit = { kind: 'unit', terms: [], dimension: new Map(), factor: ONE }
const units = new Map<string, NamedUnit>()
const kinds = new Map<Unit, string>()
for (const [kind, words] of Object.entries(KINDS))
  for (const text of words.split(' ')) {
    const unit: NamedUnit = { ...BARE, text }
    units.set(text, unit)
    kinds.set(unit, kind)
  }

const FUNCTIONS = new Set(
  `sqrt cbrt sin cos tan asin acos atan log log2 log10 ln exp abs max min sum mean median average round floor ceil gcd lcm
  mod and or xor to std factorial binomial combinations nthRoot square cube sec count range hex norm det inv nCr nPr sort
  isPrime zeros ones gamma`.split(/\s+/),
)
const CONSTANTS = new Set([
  'pi',
  'e',
  'i',
  'tau',
  'phi',
  'true',
  'false',
  'Infinity',
  'speedOfLight',
  'elementaryCharge',
])
const RESERVED = new Set(['pi', 'e', 'i', 'tau', 'phi', 'true', 'false', 'Infinity', 'ans'])
const PLACES = new Set(['tokyo', 'new york', 'london', 'utc', 'utc+2', 'europe/berlin', 'est', 'paris'])

const textOf = (unit: Unit): string => ('text' in unit && typeof unit.text === 'string' ? unit.text : '?')

const productText = (parts: readonly UnitPower[]): string =>
  parts.map(({ unit, power }) => `${textOf(unit)}${power === 1 ? '' : `^${power}`}`).join('.')

/** A small vocabulary of units, functions and places, with these names bound. */
export const vocabulary = (...bound: string[]): Vocabulary => ({
  isBound: (name) => bound.includes(name),
  isFunction: (name) => FUNCTIONS.has(name),
  functionLike: () => undefined,
  isConstant: (name) => CONSTANTS.has(name),
  isReserved: (name) => FUNCTIONS.has(name) || RESERVED.has(name),
  findUnit: (word) => units.get(word),
  unitProduct: (parts) => {
    const unit: NamedUnit = { ...BARE, text: productText(parts) }
    return unit
  },
  isConvertible: (from, to) => kinds.get(from) !== undefined && kinds.get(from) === kinds.get(to),
  findZone: (words) => (PLACES.has(words.toLowerCase()) ? words : undefined),
})

/** Writes a unit of the small vocabulary as it was typed. */
export const unitText = (unit: Unit): string => textOf(unit)
