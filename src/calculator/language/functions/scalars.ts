import { evaluation, isQuantity, type Meter, radians, type Scalar, writeUnit } from '../../numbers/index.ts'
import type { Value } from '../values/value.ts'
import { argument, scalarOf } from './arguments.ts'
import type { FunctionEntry } from './function.ts'

type Described = Pick<FunctionEntry, 'names' | 'signature' | 'description' | 'example' | 'topic'>

interface OfNumber extends Described {
  /** Charges what it costs. */
  readonly run: (x: Scalar, meter: Meter) => Value
}

/** A function of one real or complex number. */
export const ofNumber = ({ run, ...entry }: OfNumber): FunctionEntry => ({
  ...entry,
  takes: [1, 1],
  each: true,
  cost: () => 2,
  run: (values, context) => run(scalarOf(argument(values, 0)), context),
})

/** A function of one angle: a number of radians, or a quantity such as `30 deg`. */
export const ofAngle = ({ run, ...entry }: OfNumber): FunctionEntry => ({
  ...entry,
  takes: [1, 1],
  each: true,
  cost: () => 2,
  run: (values, context) => run(radiansOf(argument(values, 0), context), context),
})

function radiansOf(value: Value, meter: Meter): Scalar {
  if (typeof value !== 'object' || !isQuantity(value)) return scalarOf(value)
  const found = radians(value, meter)
  if (found === undefined)
    throw evaluation(
      `This takes an angle, such as 30 deg or a number of radians, not ${writeUnit(value.unit)}.`,
    )
  return found
}
