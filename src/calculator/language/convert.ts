/** Conversions: `20 °C in °F`, `170 cm to ft in`, `255 in hex`, `2/3 to 3 dp`, `9:35 in New York to Tokyo`. */
import {
  CalculationError,
  convert as convertQuantity,
  evaluation,
  type Meter,
  type Quantity,
  type Scalar,
  type Unit,
  unitIn,
} from '../numbers/index.ts'
import { operand } from './arithmetic.ts'
import { inZone, isMoment, type Moment, partOfMoment } from './dates/index.ts'
import type { Compute, Run } from './run.ts'
import type { Node, Target } from './tree.ts'
import { mapCells } from './values/matrix.ts'
import { isMatrix, isQuantity, isWritten, unwritten, type Value, type Writing } from './values/value.ts'

type Plain = Exclude<Value, { kind: 'written' }>
type Conversion = Extract<Node, { kind: 'convert' }>

/** Builds a conversion. */
export function conversion({ of: node, to }: Conversion, build: (node: Node) => Compute): Compute {
  const of = build(node)
  const target = to.kind === 'value' ? build(to.value) : undefined
  return (run, locals) => {
    const found = of(run, locals)
    const value = unwritten(found)
    if (to.kind === 'places' && (node.kind === 'percent' || isPercentage(found)))
      return { kind: 'written', value, as: { ...placesOf(to), isPercent: true } }
    const unit = target && unitOf(target(run, locals))
    const one = (cell: Value): Value => {
      run.charge(5)
      return converted(unwritten(cell), to, unit, run)
    }
    return isMatrix(value) && !isWriting(to) ? mapCells(value, one) : one(value)
  }
}

const isPercentage = (value: Value): boolean => isWritten(value) && value.as.kind === 'percent'

const placesOf = ({ places, significant }: Extract<Target, { kind: 'places' }>) =>
  ({ kind: 'places', places, significant }) as const

function isWriting({ kind }: Target): boolean {
  return kind === 'writing' || kind === 'places'
}

function converted(value: Plain, to: Target, unit: Unit | undefined, run: Run): Value {
  switch (to.kind) {
    case 'units': {
      const units = to.otherwise && !fits(value, to.units, run) ? to.otherwise : to.units
      const [first, ...rest] = units
      if (first === undefined) throw evaluation('The unit to convert to is missing.')
      const found = toUnit(value, first, run)
      return rest.length === 0 ? found : { kind: 'written', value: found, as: { kind: 'mixed', units } }
    }
    case 'value':
      if (unit === undefined) throw evaluation('The unit to convert to is missing.')
      return toUnit(value, unit, run)
    case 'writing':
      return to.as === 'percent' ? asPercentage(value, run) : { kind: 'written', value, as: writingOf(to.as) }
    case 'places':
      return { kind: 'written', value, as: placesOf(to) }
    case 'zone':
      return inZone(momentOf(value), to.zone)
    case 'datePart':
      return partOfMoment(momentOf(value), to.part)
  }
}

/** Returns the value, to be shown as a percentage. @throws CalculationError `evaluation` when it has a unit */
export function asPercentage(value: Plain, meter: Meter): Value {
  const as = { kind: 'percent' } as const
  if (typeof value !== 'object' || !isQuantity(value)) return { kind: 'written', value, as }
  if (value.unit.dimension.size > 0) throw evaluation('Only a number without a unit can be a percentage.')
  return { kind: 'written', value: convertQuantity(value, unitIn(value.value), meter), as }
}

/** Tells whether a value can be converted to the first of these units. */
function fits(value: Plain, [unit]: readonly Unit[], run: Run): boolean {
  if (unit === undefined) return false
  try {
    toUnit(value, unit, run)
    return true
  } catch (error) {
    if (error instanceof CalculationError && error.code === 'evaluation') return false
    throw error
  }
}

function writingOf(as: Extract<Target, { kind: 'writing' }>['as']): Writing {
  switch (as) {
    case 'hex':
      return { kind: 'base', base: 16 }
    case 'octal':
      return { kind: 'base', base: 8 }
    case 'binary':
      return { kind: 'base', base: 2 }
    case 'decimal':
      return { kind: 'number' }
    default:
      return { kind: as }
  }
}

/** A number without a unit is an angle in radians where an angle is asked for: `atan(1) to deg` is 45 deg. */
export function toUnit(value: Value, unit: Unit, meter: Meter): Scalar | Quantity {
  const plain = operand(value)
  if (isMoment(plain)) throw evaluation('A date or time cannot be converted to a unit.')
  return convertQuantity(plain, unit, meter)
}

function unitOf(value: Value): Unit {
  const plain = unwritten(value)
  if (typeof plain === 'object' && isQuantity(plain)) return plain.unit
  throw evaluation('The unit to convert to is missing.')
}

function momentOf(value: Plain): Moment {
  if (typeof value === 'object' && isMoment(value)) return value
  throw evaluation('This works only with a date or a time.')
}
