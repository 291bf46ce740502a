/** All functions of the language: the only way from a name to code. */
import { ALGEBRA } from './algebra.ts'
import { AVERAGES } from './averages.ts'
import { COMPLEXES } from './complexes.ts'
import { isReservedConstant } from './constants.ts'
import { COUNTING } from './counting.ts'
import { DATES } from './dates.ts'
import type { FunctionEntry } from './function.ts'
import { MATRICES } from './matrices.ts'
import { OPERATIONS } from './operations.ts'
import { PRIMES } from './primes.ts'
import { QUANTILE_FUNCTIONS } from './quantiles.ts'
import { ROOTS } from './roots.ts'
import { ROUNDING } from './rounding.ts'
import { SETS } from './sets.ts'
import { SPECIAL } from './special.ts'
import { STATISTICS } from './statistics.ts'
import { TRIGONOMETRY } from './trigonometry.ts'
import { WHOLES } from './wholes.ts'

const ENTRIES: readonly FunctionEntry[] = [
  ...ROOTS,
  ...ROUNDING,
  ...TRIGONOMETRY,
  ...STATISTICS,
  ...QUANTILE_FUNCTIONS,
  ...AVERAGES,
  ...WHOLES,
  ...PRIMES,
  ...COUNTING,
  ...DATES,
  ...MATRICES,
  ...ALGEBRA,
  ...SETS,
  ...COMPLEXES,
  ...SPECIAL,
  ...OPERATIONS,
]

const BY_NAME = new Map(ENTRIES.flatMap((entry) => entry.names.map((name) => [name, entry] as const)))

/**
 * Names that became functions after people could already give them a meaning of their own. Where a sheet does, its meaning
 * takes precedence.
 */
const GIVEN_UP = new Set(
  `sum total average count min max product maximum minimum stddev quantile correlation arsinh arcosh artanh lb sgn signum ceiling truncate frac
  hcf primeFactors factors fact binomial choose fibonacci fib weekday weekNumber date age workdays networkdays isLeapYear
  determinant inverse eigs solve linsolve rank rref percentile quartile iqr
  geomean geometricMean gmean harmmean harmonicMean hmean rms stdevp pstdev varp pvariance covariance cov unique real imag erfc power rightShift nextPrime prevPrime previousPrime factorize divisors totient eulerPhi roman
  int roundUp roundDown combin permut`.split(/\s+/),
)

/** Returns the function of this name, or undefined. */
export const findFunction = (name: string): FunctionEntry | undefined => BY_NAME.get(name)

const BY_SMALL_NAME = new Map([...BY_NAME.keys()].map((name) => [name.toLowerCase(), name]))

/** Returns the name of the function that differs from this name only in small and capital letters, or undefined. */
export const functionLike = (name: string): string | undefined => BY_SMALL_NAME.get(name.toLowerCase())

export const isFunctionName = (name: string): boolean => BY_NAME.has(name)

/** All names of functions. */
export const functionNames = (): string[] => [...BY_NAME.keys()]

/** All functions, for completion and documentation. */
export const functionsList = (): readonly FunctionEntry[] => ENTRIES

/** Tells whether a name keeps its meaning: most functions and the constants of mathematics cannot be given another. */
export const isReserved = (name: string): boolean =>
  (BY_NAME.has(name) && !GIVEN_UP.has(name)) || isReservedConstant(name) || name === 'ans'
