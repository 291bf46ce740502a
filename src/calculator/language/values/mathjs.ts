/** Values as releases up to 0.1 stored them: in the JSON of mathjs, the library that they computed with. */
import {
  complex,
  decodeDigits,
  evaluation,
  parseReal,
  quantity,
  readUnit,
  type Scalar,
} from '../../numbers/index.ts'
import { fromParts, matrix } from './matrix.ts'
import type { Value } from './value.ts'

/** Characters of a unit. */
const UNIT_LENGTH = 300
/** Matrices inside each other. */
const LEVELS = 8

/** Returns a value as it was stored. @throws CalculationError for anything else, whatever names stand in it */
export function decodeMathjs(stored: unknown, level = 0): Value {
  if (typeof stored === 'boolean') return stored
  if (typeof stored === 'number') return parseReal(String(stored))
  if (Array.isArray(stored) && level > 0 && level <= LEVELS)
    return fromParts(stored.map((part) => decodeMathjs(part, level + 1)))
  if (typeof stored !== 'object' || stored === null) throw unknown()
  const { mathjs: type, data, unit, value } = { ...stored } as Record<string, unknown>
  if (type === 'DenseMatrix' && Array.isArray(data))
    return data.length === 0 ? matrix([]) : fromParts(data.map((part) => decodeMathjs(part, level + 1)))
  if (type === 'Unit' && typeof unit === 'string' && unit.length <= UNIT_LENGTH)
    return quantity(value === null || value === undefined ? parseReal('1') : scalar(value), readUnit(unit))
  return scalar(stored)
}

const unknown = () => evaluation('This is not a stored value.')

function scalar(stored: unknown): Scalar {
  if (typeof stored !== 'object' || stored === null) throw unknown()
  const { mathjs: type, value, re, im } = { ...stored } as Record<string, unknown>
  if (type === 'BigNumber' && typeof value === 'string') return decodeDigits(value)
  if (type === 'Complex' && typeof re === 'number' && typeof im === 'number')
    return complex(parseReal(String(re)), parseReal(String(im)))
  throw unknown()
}
