/**
 * The constants of the language. Those of physics are exact where the SI of 2019 fixes them or what they are made of, and
 * else the values that CODATA recommends (2022 adjustment, https://physics.nist.gov/constants).
 */
import {
  add,
  divide,
  E,
  findUnit,
  fromInteger,
  HALF,
  I,
  ln,
  multiply,
  ONE,
  PI,
  parseReal,
  power,
  quantity,
  type Scalar,
  sqrt,
  TAU,
  TWO,
  UNMETERED,
  type Unit,
  unitProduct,
} from '../../numbers/index.ts'
import type { Value } from '../values/value.ts'

export interface ConstantEntry {
  /** The names that it can be called by; the first is the one that is shown. */
  readonly names: readonly [string, ...string[]]
  /** One sentence, or part of one. */
  readonly description: string
  /** The source of the value. */
  readonly source: string
  /** The text of its value. */
  readonly text: string
  readonly topic: string
}

interface Entry extends ConstantEntry {
  readonly make: () => Value
}

const MATHEMATICS = 'by definition'
const SI = 'SI Brochure, 9th edition (2019), exact'
const DERIVED = 'exact, from constants that the SI Brochure (2019) fixes'
const CODATA = 'CODATA 2022'

const m = UNMETERED
const int = (value: number): Scalar => fromInteger(value)
const times = (...factors: Scalar[]): Scalar =>
  factors.reduce((product, factor) => multiply(product, factor, m))
const per = (a: Scalar, b: Scalar): Scalar => divide(a, b, m)
const raised = (a: Scalar, to: number): Scalar => power(a, int(to), m)

/** Defining constants of the SI, and two values that conventions fix. */
const c = parseReal('299792458')
const h = parseReal('6.62607015e-34')
const charge = parseReal('1.602176634e-19')
const k = parseReal('1.380649e-23')
const avogadro = parseReal('6.02214076e23')
const gas = times(avogadro, k)
const atmosphere = parseReal('101325')
const ice = parseReal('273.15')
const permittivity = parseReal('8.8541878188e-12')
/** The x of Wien's law, where (x - 5) e^x + 5 = 0; from mpmath with 150 digits. */
const WIEN =
  '4.96511423174427630369875913132289394405558498679725097281444614478046398795745297223827045066000960829776940629169'

/** Reads units such as `kg m^2 s^-2`. */
function unitOf(text: string): Unit {
  return unitProduct(
    text.split(' ').map((factor) => {
      const [name = '', exponent = '1'] = factor.split('^')
      const unit = findUnit(name)
      if (!unit) throw new Error(`there is no unit \`${name}\``)
      return { unit, power: Number(exponent) }
    }),
  )
}

const number = (
  names: ConstantEntry['names'],
  description: string,
  text: string,
  make: () => Value,
): Entry => ({ names, description, text, make, source: MATHEMATICS, topic: 'Mathematics' })

const physical = (
  name: string,
  description: string,
  value: string | (() => Scalar),
  unit: string,
  text: string,
  source: string,
): Entry => ({
  names: [name],
  description,
  text,
  source,
  topic: 'Physics',
  make: () => {
    const number = typeof value === 'string' ? parseReal(value) : value()
    return unit === '' ? number : quantity(number, unitOf(unit))
  },
})

const half = (value: Scalar): Scalar => times(value, HALF)

const ENTRIES: readonly Entry[] = [
  number(['pi', 'PI'], 'The circumference of a circle divided by its diameter.', '3.1415926535898', () => PI),
  number(['tau'], '2 π, a full turn in radians.', '6.2831853071796', () => TAU),
  number(['e', 'E'], 'The base of the natural logarithm.', '2.718281828459', () => E),
  number(['i'], 'The imaginary unit: i² is -1.', 'i', () => I),
  number(['phi'], 'The golden ratio.', '1.6180339887499', () => half(add(ONE, sqrt(int(5), m), m))),
  number(['true'], 'The value of a comparison that holds.', 'true', () => true),
  number(['false'], 'The value of a comparison that does not hold.', 'false', () => false),
  number(['LN2'], 'ln(2)', '0.69314718055995', () => ln(TWO, m)),
  number(['LN10'], 'ln(10)', '2.302585092994', () => ln(int(10), m)),
  number(['LOG2E'], 'log2(e)', '1.442695040889', () => per(ONE, ln(TWO, m))),
  number(['LOG10E'], 'log10(e)', '0.43429448190325', () => per(ONE, ln(int(10), m))),
  number(['SQRT2'], 'sqrt(2)', '1.4142135623731', () => sqrt(TWO, m)),
  number(['SQRT1_2'], 'sqrt(1/2)', '0.70710678118655', () => sqrt(HALF, m)),
  physical('speedOfLight', 'The speed of light in vacuum.', () => c, 'm s^-1', '299792458 m / s', SI),
  physical('planckConstant', "Planck's constant.", () => h, 'J s', '6.62607015e-34 J s', SI),
  physical(
    'reducedPlanckConstant',
    "Planck's constant divided by 2 π.",
    () => per(h, TAU),
    'J s',
    '1.0545718176462e-34 J s',
    DERIVED,
  ),
  physical('elementaryCharge', 'The charge of a proton.', () => charge, 'C', '1.602176634e-19 C', SI),
  physical('boltzmann', "Boltzmann's constant.", () => k, 'J K^-1', '1.380649e-23 J / K', SI),
  physical(
    'avogadro',
    'The number of particles in a mole.',
    () => avogadro,
    'mol^-1',
    '602214076000000000000000 mol^-1',
    SI,
  ),
  physical('gravity', 'The standard acceleration of free fall.', '9.80665', 'm s^-2', '9.80665 m / s^2', SI),
  physical(
    'gravitationConstant',
    "Newton's constant of gravitation.",
    '6.67430e-11',
    'm^3 kg^-1 s^-2',
    '6.6743e-11 m^3 / (kg s^2)',
    CODATA,
  ),
  physical(
    'gasConstant',
    'The molar gas constant.',
    () => gas,
    'J K^-1 mol^-1',
    '8.3144626181532 J / (K mol)',
    DERIVED,
  ),
  physical(
    'faraday',
    'The charge of a mole of electrons.',
    () => times(avogadro, charge),
    'C mol^-1',
    '96485.33212331 C / mol',
    DERIVED,
  ),
  physical(
    'molarVolume',
    'The volume of a mole of an ideal gas at 273.15 K and 101.325 kPa.',
    () => per(times(gas, ice), atmosphere),
    'm^3 mol^-1',
    '0.022413969545014 m^3 / mol',
    DERIVED,
  ),
  physical(
    'loschmidt',
    'The number of particles in a volume of an ideal gas at 273.15 K and 101.325 kPa.',
    () => per(atmosphere, times(k, ice)),
    'm^-3',
    '2.6867801117984e+25 m^-3',
    DERIVED,
  ),
  physical(
    'stefanBoltzmann',
    'The Stefan–Boltzmann constant.',
    () => per(times(TWO, raised(PI, 5), raised(k, 4)), times(int(15), raised(h, 3), raised(c, 2))),
    'W m^-2 K^-4',
    '0.000000056703744191844 W / (m^2 K^4)',
    DERIVED,
  ),
  physical(
    'wienDisplacement',
    "Wien's wavelength displacement constant.",
    () => per(times(h, c), times(k, parseReal(WIEN))),
    'm K',
    '0.0028977719551852 m K',
    DERIVED,
  ),
  physical(
    'firstRadiation',
    'The first radiation constant.',
    () => times(TAU, h, c, c),
    'W m^2',
    '3.7417718521928e-16 W m^2',
    DERIVED,
  ),
  physical(
    'secondRadiation',
    'The second radiation constant.',
    () => per(times(h, c), k),
    'm K',
    '0.014387768775039 m K',
    DERIVED,
  ),
  physical(
    'electronMass',
    'The mass of an electron.',
    '9.1093837139e-31',
    'kg',
    '9.1093837139e-31 kg',
    CODATA,
  ),
  physical('protonMass', 'The mass of a proton.', '1.67262192595e-27', 'kg', '1.67262192595e-27 kg', CODATA),
  physical(
    'neutronMass',
    'The mass of a neutron.',
    '1.67492750056e-27',
    'kg',
    '1.67492750056e-27 kg',
    CODATA,
  ),
  physical(
    'deuteronMass',
    'The mass of a deuteron.',
    '3.3435837768e-27',
    'kg',
    '3.3435837768e-27 kg',
    CODATA,
  ),
  physical(
    'atomicMass',
    'The atomic mass constant.',
    '1.66053906892e-27',
    'kg',
    '1.66053906892e-27 kg',
    CODATA,
  ),
  physical(
    'molarMass',
    'The molar mass constant.',
    '1.00000000105e-3',
    'kg mol^-1',
    '0.00100000000105 kg / mol',
    CODATA,
  ),
  physical(
    'molarMassC12',
    'The molar mass of carbon-12.',
    '12.0000000126e-3',
    'kg mol^-1',
    '0.0120000000126 kg / mol',
    CODATA,
  ),
  physical('bohrRadius', 'The Bohr radius.', '5.29177210544e-11', 'm', '5.29177210544e-11 m', CODATA),
  physical(
    'classicalElectronRadius',
    'The classical radius of an electron.',
    '2.8179403205e-15',
    'm',
    '2.8179403205e-15 m',
    CODATA,
  ),
  physical(
    'thomsonCrossSection',
    'The Thomson cross section.',
    '6.6524587051e-29',
    'm^2',
    '6.6524587051e-29 m^2',
    CODATA,
  ),
  physical('rydberg', "Rydberg's constant.", '10973731.568157', 'm^-1', '10973731.568157 m^-1', CODATA),
  physical('hartreeEnergy', "Hartree's energy.", '4.3597447222060e-18', 'J', '4.359744722206e-18 J', CODATA),
  physical('fineStructure', 'The fine-structure constant.', '7.2973525643e-3', '', '0.0072973525643', CODATA),
  physical(
    'bohrMagneton',
    'The Bohr magneton.',
    '9.2740100657e-24',
    'J T^-1',
    '9.2740100657e-24 J / T',
    CODATA,
  ),
  physical(
    'nuclearMagneton',
    'The nuclear magneton.',
    '5.0507837393e-27',
    'J T^-1',
    '5.0507837393e-27 J / T',
    CODATA,
  ),
  physical(
    'electricConstant',
    'The permittivity of the vacuum.',
    () => permittivity,
    'F m^-1',
    '8.8541878188e-12 F / m',
    CODATA,
  ),
  physical(
    'magneticConstant',
    'The permeability of the vacuum.',
    '1.25663706127e-6',
    'N A^-2',
    '0.00000125663706127 N / A^2',
    CODATA,
  ),
  {
    ...physical(
      'coulombConstant',
      "The constant of Coulomb's law: 1 / (4 π ε0).",
      () => per(ONE, times(int(4), PI, permittivity)),
      'N m^2 C^-2',
      '8987551786.1708 N m^2 / C^2',
      CODATA,
    ),
    names: ['coulombConstant', 'coulomb'],
  },
  physical(
    'vacuumImpedance',
    'The impedance of the vacuum.',
    '376.730313412',
    'ohm',
    '376.730313412 ohm',
    CODATA,
  ),
  physical(
    'conductanceQuantum',
    'The conductance quantum.',
    () => per(times(TWO, charge, charge), h),
    'S',
    '0.000077480917298637 S',
    DERIVED,
  ),
  physical(
    'inverseConductanceQuantum',
    'The inverse of the conductance quantum.',
    () => per(h, times(TWO, charge, charge)),
    'ohm',
    '12906.403729652 ohm',
    DERIVED,
  ),
  physical(
    'klitzing',
    "Von Klitzing's constant.",
    () => per(h, times(charge, charge)),
    'ohm',
    '25812.807459305 ohm',
    DERIVED,
  ),
  physical(
    'magneticFluxQuantum',
    'The magnetic flux quantum.',
    () => per(h, times(TWO, charge)),
    'Wb',
    '2.0678338484619e-15 Wb',
    DERIVED,
  ),
  physical(
    'molarPlanckConstant',
    'The molar Planck constant.',
    () => times(avogadro, h),
    'J s mol^-1',
    '3.9903127128934e-10 J s / mol',
    DERIVED,
  ),
  physical(
    'quantumOfCirculation',
    'The quantum of circulation.',
    '3.6369475467e-4',
    'm^2 s^-1',
    '0.00036369475467 m^2 / s',
    CODATA,
  ),
  physical(
    'fermiCoupling',
    "Fermi's coupling constant.",
    '1.1663787e-5',
    'GeV^-2',
    '0.000011663787 GeV^-2',
    CODATA,
  ),
  physical('weakMixingAngle', 'The weak mixing angle: sin² θ.', '0.22305', '', '0.22305', CODATA),
  physical(
    'sackurTetrode',
    'The Sackur–Tetrode constant at 1 K and 101.325 kPa.',
    '-1.16487052149',
    '',
    '-1.16487052149',
    CODATA,
  ),
  physical('planckLength', "Planck's length.", '1.616255e-35', 'm', '1.616255e-35 m', CODATA),
  physical('planckMass', "Planck's mass.", '2.176434e-8', 'kg', '0.00000002176434 kg', CODATA),
  physical('planckTime', "Planck's time.", '5.391247e-44', 's', '5.391247e-44 s', CODATA),
  physical(
    'planckTemperature',
    "Planck's temperature.",
    '1.416784e32',
    'K',
    '141678400000000000000000000000000 K',
    CODATA,
  ),
  physical(
    'planckCharge',
    "Planck's charge.",
    '1.87554603784e-18',
    'C',
    '1.87554603784e-18 C',
    `${CODATA}, from e and α`,
  ),
  physical(
    'efimovFactor',
    'The Efimov factor.',
    '22.7',
    '',
    '22.7',
    'V. Efimov, Physics Letters B 33 (1970) 563',
  ),
]

const BY_NAME = new Map(ENTRIES.flatMap((entry) => entry.names.map((name) => [name, entry] as const)))
const made = new Map<Entry, Value>()

/** Returns the constant of this name, or undefined. */
export function findConstant(name: string): Value | undefined {
  const entry = BY_NAME.get(name)
  if (!entry) return undefined
  const known = made.get(entry)
  if (known !== undefined) return known
  const value = entry.make()
  made.set(entry, value)
  return value
}

export const isConstant = (name: string): boolean => BY_NAME.has(name)

/** Names of mathematics that a sheet cannot give another meaning. */
const RESERVED = new Set(['pi', 'e', 'i', 'tau', 'phi', 'true', 'false'])

export const isReservedConstant = (name: string): boolean => RESERVED.has(name)

/** All constants, for completion and documentation. */
export const constantsList = (): readonly ConstantEntry[] => ENTRIES
