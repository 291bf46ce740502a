import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'
import { number } from './arithmetic.ts'

/** How a unit is called here, by GNU units, and by qalc where the same word means it there. */
type Names = readonly [here: string, gnu: string, qalc?: string]

/** What people convert, by what it measures. */
const UNITS: Readonly<Record<string, readonly Names[]>> = {
  length: [
    ['m', 'm', 'm'],
    ['km', 'km', 'km'],
    ['cm', 'cm', 'cm'],
    ['mm', 'mm', 'mm'],
    ['µm', 'um', 'um'],
    ['nm', 'nm', 'nm'],
    ['in', 'in', 'in'],
    ['inches', 'in', 'in'],
    ['ft', 'ft', 'ft'],
    ['feet', 'ft', 'ft'],
    ['yd', 'yd', 'yd'],
    ['miles', 'mile', 'mi'],
    ['mi', 'mile', 'mi'],
    ['nmi', 'nmile', 'nautical_mile'],
    ['ly', 'lightyear', 'ly'],
    ['au', 'au', 'astronomical_unit'],
    ['furlong', 'furlong', 'furlong'],
    ['fathom', 'fathom', 'fathom'],
    ['mil', 'mil'],
    ['angstrom', 'angstrom', 'angstrom'],
    ['kilometres', 'km', 'km'],
  ],
  mass: [
    ['kg', 'kg', 'kg'],
    ['g', 'g', 'g'],
    ['mg', 'mg', 'mg'],
    ['lb', 'lb', 'lb'],
    ['pounds', 'lb', 'lb'],
    ['oz', 'oz', 'oz'],
    ['stone', 'stone', 'stone'],
    ['tonne', 'tonne', 'tonne'],
    ['ton', 'ton'],
    ['grain', 'grain', 'grain'],
    ['carat', 'carat', 'carat'],
    ['kilograms', 'kg', 'kg'],
  ],
  time: [
    ['s', 's', 's'],
    ['ms', 'ms', 'ms'],
    ['min', 'min', 'min'],
    ['h', 'hour', 'h'],
    ['hours', 'hour', 'h'],
    ['days', 'day', 'day'],
    ['weeks', 'week', 'week'],
    ['minutes', 'min', 'min'],
    ['fortnight', 'fortnight', 'fortnight'],
    ['µs', 'us', 'us'],
  ],
  area: [
    ['m^2', 'm^2', 'm^2'],
    ['ft^2', 'ft^2', 'ft^2'],
    ['sqft', 'ft^2', 'ft^2'],
    ['acre', 'acre', 'acre'],
    ['ha', 'hectare', 'hectare'],
    ['km^2', 'km^2', 'km^2'],
    ['sqmi', 'mile^2', 'mi^2'],
    ['in^2', 'in^2', 'in^2'],
    ['cm²', 'cm^2', 'cm^2'],
  ],
  volume: [
    ['l', 'liter', 'L'],
    ['L', 'liter', 'L'],
    ['ml', 'ml', 'mL'],
    ['m^3', 'm^3', 'm^3'],
    ['gallon', 'gallon'],
    ['gal', 'gallon'],
    ['quart', 'quart'],
    ['pint', 'pint'],
    ['cup', 'cup'],
    ['tbsp', 'tablespoon'],
    ['tsp', 'teaspoon'],
    ['floz', 'floz'],
    ['bbl', 'barrel'],
    ['cm^3', 'cm^3', 'cm^3'],
    ['in^3', 'in^3', 'in^3'],
    ['ft^3', 'ft^3', 'ft^3'],
    ['litres', 'liter', 'L'],
  ],
  speed: [
    ['m/s', 'm/s', 'm/s'],
    ['km/h', 'km/hour', 'km/h'],
    ['mph', 'mph', 'mi/h'],
    ['knot', 'knot', 'knot'],
    ['ft/s', 'ft/s', 'ft/s'],
    ['kph', 'km/hour', 'km/h'],
  ],
  energy: [
    ['J', 'J', 'J'],
    ['kJ', 'kJ', 'kJ'],
    ['kcal', 'kcal'],
    ['cal', 'cal'],
    ['kWh', 'kWh', 'kWh'],
    ['BTU', 'btu'],
    ['erg', 'erg', 'erg'],
    ['eV', 'eV', 'eV'],
    ['Wh', 'W hour', 'Wh'],
  ],
  power: [
    ['W', 'W', 'W'],
    ['kW', 'kW', 'kW'],
    ['MW', 'MW', 'MW'],
    ['hp', 'hp'],
    ['BTU/h', 'btu/hour'],
  ],
  pressure: [
    ['Pa', 'Pa', 'Pa'],
    ['kPa', 'kPa', 'kPa'],
    ['bar', 'bar', 'bar'],
    ['mbar', 'mbar', 'mbar'],
    ['psi', 'psi', 'psi'],
    ['atm', 'atm', 'atm'],
    ['torr', 'torr', 'torr'],
    ['hPa', 'hPa', 'hPa'],
  ],
  force: [
    ['N', 'N', 'N'],
    ['kN', 'kN', 'kN'],
    ['lbf', 'lbf', 'lbf'],
    ['kgf', 'kgf', 'kgf'],
    ['dyn', 'dyne', 'dyn'],
  ],
  information: [
    ['bit', 'bit', 'bit'],
    ['B', 'byte', 'byte'],
    ['kB', 'kbyte', 'kbyte'],
    ['MB', 'Mbyte', 'Mbyte'],
    ['GB', 'Gbyte', 'Gbyte'],
    ['TB', 'Tbyte', 'Tbyte'],
    ['KiB', 'Kibyte', 'Kibyte'],
    ['MiB', 'Mibyte', 'Mibyte'],
    ['GiB', 'Gibyte', 'Gibyte'],
    ['Mbit', 'Mbit', 'Mbit'],
    ['Gbit', 'Gbit', 'Gbit'],
  ],
  angle: [
    ['deg', 'degree', 'deg'],
    ['rad', 'radian', 'rad'],
    ['grad', 'grade', 'gra'],
    ['arcmin', 'arcmin', 'arcmin'],
    ['arcsec', 'arcsec', 'arcsec'],
  ],
  frequency: [
    ['Hz', 'Hz', 'Hz'],
    ['kHz', 'kHz', 'kHz'],
    ['MHz', 'MHz', 'MHz'],
    ['GHz', 'GHz', 'GHz'],
    ['rpm', '1/min'],
  ],
  charge: [
    ['coulomb', 'coulomb', 'coulomb'],
    ['mAh', 'mA hour', 'mA*h'],
    ['Ah', 'A hour', 'A*h'],
  ],
}

/** A unit as it is shown: `km / h`, `m^2`. */
const shown = (unit: string): string => ` ${unit.replace('/', ' / ').replace('²', '^2')}`

function conversionOf(chance: Chance) {
  const units = UNITS[chance.pick(Object.keys(UNITS))] ?? []
  return { from: chance.pick(units), to: chance.pick(units), amount: chance.number(3) }
}

function byGnuUnits(chance: Chance): Case {
  const { from, to, amount } = conversionOf(chance)
  return {
    kind: 'conversions, by GNU units',
    lines: [`${amount} ${from[0]} ${chance.pick(['to', 'in', 'as'])} ${to[0]}`],
    question: { oracle: 'units', from: `${amount} ${from[1]}`, to: to[1] },
    suffix: shown(to[0]),
  }
}

export function byQalc(chance: Chance): Case {
  const { from, to, amount } = conversionOf(chance)
  if (from[2] === undefined || to[2] === undefined) return byQalc(chance)
  // A ratio of two units is a plain number: qalc then converts nothing and loses nothing.
  return {
    kind: 'conversions, by qalc',
    lines: [`${amount} ${from[0]} ${chance.pick(['to', 'in', 'as'])} ${to[0]}`],
    question: { oracle: 'qalc', expression: `(${amount} * (${from[2]})) / (${to[2]})` },
    suffix: shown(to[0]),
  }
}

/** Pairs of units of which the first is so many of the second. */
const PAIRS: readonly (readonly [string, string, string])[] = [
  ['km', 'm', '1000'],
  ['m', 'cm', '100'],
  ['h', 'min', '60'],
  ['min', 's', '60'],
  ['ft', 'in', '12'],
  ['yd', 'ft', '3'],
  ['mi', 'ft', '5280'],
  ['kg', 'g', '1000'],
  ['lb', 'oz', '16'],
  ['day', 'h', '24'],
  ['kWh', 'J', '3600000'],
  ['kB', 'B', '1000'],
  ['MiB', 'KiB', '1024'],
  ['in', 'cm', '2.54'],
]

function products(chance: Chance): Case {
  const [a, b] = [chance.number(2), chance.number(2)]
  const [x, y] = [number(a), number(b)]
  const [large, small, factor] = chance.pick(PAIRS)
  const unit = chance.pick(['m', 'km', 's', 'kg', 'ft', 'lb', 'L'])
  const inSmall = (value: Tree): Tree => ['divide', value, number(factor)]
  const [typed, tree, suffix] = chance.pick<() => readonly [string, Tree, string]>([
    () => [`${a} ${large} + ${b} ${small}`, ['add', x, inSmall(y)], ` ${large}`],
    () => [`${a} ${large} - ${b} ${small}`, ['subtract', x, inSmall(y)], ` ${large}`],
    () => [`${a} ${large} / ${b} ${small}`, ['divide', x, inSmall(y)], ''],
    () => [`${a} ${large} / (${b} ${small})`, ['divide', x, inSmall(y)], ''],
    () => [`${a} ${large} > ${b} ${small}`, ['larger', x, inSmall(y)], ''],
    () => [`${a} ${large} == ${b} ${small}`, ['equal', x, inSmall(y)], ''],
    () => [
      `${a} ${large} ${b} ${small} to ${small}`,
      ['add', ['multiply', x, number(factor)], y],
      ` ${small}`,
    ],
    () => [`${a} ${unit} * ${b}`, ['multiply', x, y], ` ${unit}`],
    () => [`${a} * ${b} ${unit}`, ['multiply', x, y], ` ${unit}`],
    () => [`${a} ${unit} / ${b}`, ['divide', x, y], ` ${unit}`],
    () => [`${a} ${unit} * ${b} ${unit}`, ['multiply', x, y], ` ${unit}^2`],
    () => [`(${a} ${unit})^3`, ['power', x, number(3)], ` ${unit}^3`],
    () => [`${a} m^2 * ${b} m`, ['multiply', x, y], ' m^3'],
    () => [`${a} km / ${b} h`, ['divide', x, y], ' km / h'],
    () => [`${a} kg * ${b} m/s^2`, ['multiply', x, y], ' N'],
    () => [`${a} N * ${b} m`, ['multiply', x, y], ' J'],
    () => [`${a} V * ${b} A`, ['multiply', x, y], ' W'],
    () => [
      `${a} ${unit} + ${b}%`,
      ['multiply', x, ['add', number(1), ['divide', y, number(100)]]],
      ` ${unit}`,
    ],
    () => [`$${a} * ${b}`, ['multiply', x, y], ' USD'],
    () => [`€${a} + €${b}`, ['add', x, y], ' EUR'],
    () => [`$${a} / ${b} h`, ['divide', x, y], ' USD / h'],
    () => [`sum(${a} ${large}, ${b} ${small})`, ['add', x, inSmall(y)], ` ${large}`],
    () => [`round(${a} ${unit})`, ['round', x, number(0)], ` ${unit}`],
    () => [`floor(${a} ${unit})`, ['floor', x], ` ${unit}`],
  ])()
  return {
    kind: 'products and sums of quantities',
    lines: [typed],
    question: { oracle: 'python', tree },
    suffix,
  }
}

const TEMPERATURES = ['°C', '°F', 'K'] as const
type Temperature = (typeof TEMPERATURES)[number]

const inKelvin = (value: Tree, unit: Temperature): Tree =>
  unit === 'K'
    ? value
    : unit === '°C'
      ? ['add', value, number('273.15')]
      : ['multiply', ['add', value, number('459.67')], number('5/9')]

const fromKelvin = (value: Tree, unit: Temperature): Tree =>
  unit === 'K'
    ? value
    : unit === '°C'
      ? ['subtract', value, number('273.15')]
      : ['subtract', ['multiply', value, number('9/5')], number('459.67')]

function temperatures(chance: Chance): Case {
  const [from, to] = [chance.pick(TEMPERATURES), chance.pick(TEMPERATURES)]
  const [a, b] = [chance.number(3), chance.number(3)]
  const [x, y] = [inKelvin(number(a), from), inKelvin(number(b), to)]
  const kind = 'temperatures'
  const compared = (sign: string, name: string): Case => ({
    kind,
    lines: [`${a} ${from} ${sign} ${b} ${to}`],
    question: { oracle: 'python', tree: [name, x, y] },
  })
  return chance.pick<() => Case>([
    () => ({
      kind,
      lines: [`${a} ${from} ${chance.pick(['in', 'to'])} ${to}`],
      question: { oracle: 'python', tree: fromKelvin(x, to) },
      suffix: ` ${to}`,
    }),
    () => compared('>', 'larger'),
    () => compared('==', 'equal'),
    () => ({
      kind,
      lines: [`mean(${a} ${from}, ${b} ${to})`],
      question: { oracle: 'python', tree: fromKelvin(['divide', ['add', x, y], number(2)], from) },
      suffix: ` ${from}`,
    }),
  ])()
}

/** What comes of two quantities, by what they measure. */
const LAWS: readonly (readonly [string, '*' | '/', string, string])[] = [
  ['speed', '*', 'time', 'length'],
  ['length', '*', 'length', 'area'],
  ['area', '*', 'length', 'volume'],
  ['length', '/', 'time', 'speed'],
  ['volume', '/', 'area', 'length'],
  ['power', '*', 'time', 'energy'],
  ['energy', '/', 'time', 'power'],
  ['force', '*', 'length', 'energy'],
  ['force', '/', 'area', 'pressure'],
  ['pressure', '*', 'area', 'force'],
  ['energy', '/', 'length', 'force'],
  ['length', '/', 'speed', 'time'],
]

function laws(chance: Chance): Case {
  const [first, sign, second, result] = chance.pick(LAWS)
  const [a, b, to] = [first, second, result].map((name) => chance.pick(UNITS[name] ?? []))
  if (!a || !b || !to) throw new Error('a law without units')
  const [x, y] = [chance.number(2), chance.number(2)]
  return {
    kind: 'laws of physics, by GNU units',
    lines: [`${x} ${a[0]} ${sign} ${y} ${b[0]} to ${to[0]}`],
    question: { oracle: 'units', from: `(${x} ${a[1]}) ${sign} (${y} (${b[1]}))`, to: to[1] },
    suffix: shown(to[0]),
  }
}

export const quantityKinds = [byGnuUnits, products, laws, temperatures]
