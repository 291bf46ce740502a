/**
 * The dimensions of a unit: a product of powers of base dimensions (`length`, `time`, … and each currency). A power is kept as a
 * whole number of 2520ths, so that roots of up to the tenth degree stay exact.
 */
export type Dimension = ReadonlyMap<string, number>

/** The power 1. */
export const WHOLE = 2520

export const NONE: Dimension = new Map()

/** The product of `a` and `b^power`. @param power in 2520ths */
export function multiplied(a: Dimension, b: Dimension, power = WHOLE): Dimension {
  if (b.size === 0 || power === 0) return a
  const product = new Map(a)
  for (const [base, exponent] of b) {
    const sum = (product.get(base) ?? 0) + (exponent * power) / WHOLE
    if (sum === 0) product.delete(base)
    else product.set(base, sum)
  }
  return product
}

/** Tells whether two dimensions are the same. Angles do not count: a radian is 1. */
export function isSame(a: Dimension, b: Dimension): boolean {
  if (a === b) return true
  for (const [base, power] of a) if (base !== 'angle' && b.get(base) !== power) return false
  for (const base of b.keys()) if (base !== 'angle' && !a.has(base)) return false
  return true
}

/** Tells whether one is the reciprocal of the other. Angles do not count. */
export const isReciprocal = (a: Dimension, b: Dimension): boolean => isSame(multiplied(NONE, a, -WHOLE), b)

/** Tells whether a dimension is that of a plain number or of an angle. */
export const isBare = (a: Dimension): boolean => a.size === 0 || (a.size === 1 && a.has('angle'))

/** Tells whether it has the dimension of time, to the power 1. */
export const isTime = (a: Dimension): boolean => a.size === 1 && a.get('time') === WHOLE

/** Tells whether all powers are whole. */
export const isWhole = (a: Dimension): boolean => [...a.values()].every((power) => power % WHOLE === 0)

/** The currency that it is an amount of, if it is that alone. */
export function currencyOf(a: Dimension): string | undefined {
  const [base] = a.keys()
  return a.size === 1 && base !== undefined && /^[A-Z]{3}$/.test(base) ? base : undefined
}

const KINDS: readonly [string, string][] = [
  ['a length', 'length'],
  ['an area', 'length^2'],
  ['a volume', 'length^3'],
  ['a mass', 'mass'],
  ['a time', 'time'],
  ['working days', 'workday'],
  ['an electric current', 'current'],
  ['a temperature', 'temperature'],
  ['an amount of substance', 'amount'],
  ['a luminous intensity', 'luminosity'],
  ['an amount of data', 'data'],
  ['a data rate', 'data time^-1'],
  ['a frequency', 'time^-1'],
  ['a speed', 'length time^-1'],
  ['an acceleration', 'length time^-2'],
  ['a flow', 'length^3 time^-1'],
  ['a force', 'mass length time^-2'],
  ['an energy', 'mass length^2 time^-2'],
  ['a power', 'mass length^2 time^-3'],
  ['a pressure', 'mass length^-1 time^-2'],
  ['a density', 'mass length^-3'],
  ['a momentum', 'mass length time^-1'],
  ['a fuel economy', 'length^-2'],
  ['an electric charge', 'current time'],
  ['a voltage', 'mass length^2 time^-3 current^-1'],
  ['an electric resistance', 'mass length^2 time^-3 current^-2'],
  ['an electric conductance', 'mass^-1 length^-2 time^3 current^2'],
  ['a capacitance', 'mass^-1 length^-2 time^4 current^2'],
  ['an inductance', 'mass length^2 time^-2 current^-2'],
  ['a magnetic flux', 'mass length^2 time^-2 current^-1'],
  ['a magnetic flux density', 'mass time^-2 current^-1'],
  ['an illuminance', 'luminosity length^-2'],
  ['a dose', 'length^2 time^-2'],
  ['an exposure', 'current time mass^-1'],
  ['a concentration', 'amount length^-3'],
  ['a catalytic activity', 'amount time^-1'],
  ['a viscosity', 'mass length^-1 time^-1'],
  ['a flow of mass', 'mass time^-1'],
]

const kinds = new Map(KINDS.map(([name, text]) => [keyOf(read(text)), name]))

/** The quantity that it measures, with an article: `a length`; undefined where there is no word for it. */
export function kindOf(a: Dimension): string | undefined {
  if (isBare(a)) return a.has('angle') ? 'an angle' : 'a number'
  const currency = currencyOf(a)
  if (currency !== undefined && a.get(currency) === WHOLE) return `an amount of ${currency}`
  return kinds.get(keyOf(a))
}

function keyOf(a: Dimension): string {
  return [...a]
    .filter(([base]) => base !== 'angle')
    .map(([base, power]) => `${base}^${power}`)
    .sort()
    .join(' ')
}

function read(text: string): Dimension {
  return new Map(
    text.split(' ').map((factor) => {
      const [base = '', power = '1'] = factor.split('^')
      return [base, Number(power) * WHOLE] as const
    }),
  )
}
