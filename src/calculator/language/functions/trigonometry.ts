import {
  acos,
  acosh,
  acot,
  acoth,
  acsc,
  acsch,
  asec,
  asech,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  convert,
  cos,
  cosh,
  cot,
  coth,
  csc,
  csch,
  isQuantity,
  numberOf,
  sec,
  sech,
  sin,
  sinh,
  tan,
  tanh,
} from '../../numbers/index.ts'
import type { Value } from '../values/value.ts'
import { argument, realOf } from './arguments.ts'
import type { Context, FunctionEntry } from './function.ts'
import { ofAngle, ofNumber } from './scalars.ts'

const topic = 'Trigonometry'

const angle = (
  names: FunctionEntry['names'],
  run: Parameters<typeof ofAngle>[0]['run'],
  description: string,
  example: FunctionEntry['example'],
) => ofAngle({ names, signature: `${names[0]}(angle)`, description, example, topic, run })

const inverse = (
  names: FunctionEntry['names'],
  run: Parameters<typeof ofNumber>[0]['run'],
  of: string,
  example: FunctionEntry['example'],
) =>
  ofNumber({
    names,
    signature: `${names[0]}(x)`,
    description: `The angle whose ${of} is x, in radians.`,
    example,
    topic,
    run,
  })

const hyperbolic = (
  names: FunctionEntry['names'],
  run: Parameters<typeof ofNumber>[0]['run'],
  description: string,
  example: FunctionEntry['example'],
) =>
  ofNumber({ names, signature: `${names[0]}(x)`, description, example, topic: 'Hyperbolic functions', run })

/** The angle of a point. The coordinates may be lengths too, since only their ratio counts. */
function angleOfPoint(values: readonly Value[], context: Context): Value {
  const [y, x] = [argument(values, 0), argument(values, 1)]
  if (typeof y === 'object' && isQuantity(y) && typeof x === 'object' && isQuantity(x))
    return atan2(realOf(y.value), realOf(numberOf(convert(x, y.unit, context))), context)
  return atan2(realOf(y), realOf(x), context)
}

export const TRIGONOMETRY: readonly FunctionEntry[] = [
  angle(['sin', 'sine'], sin, 'The sine of an angle, in radians or with a unit as in `30 deg`.', {
    expression: 'sin(30 deg)',
    text: '0.5',
  }),
  angle(['cos', 'cosine'], cos, 'The cosine of an angle.', { expression: 'cos(pi)', text: '-1' }),
  angle(['tan', 'tangent'], tan, 'The tangent of an angle.', { expression: 'tan(45°)', text: '1' }),
  angle(['cot'], cot, 'The cotangent: 1 / tan.', { expression: 'cot(45°)', text: '1' }),
  angle(['sec'], sec, 'The secant: 1 / cos.', { expression: 'sec(60°)', text: '2' }),
  angle(['csc'], csc, 'The cosecant: 1 / sin.', { expression: 'csc(30°)', text: '2' }),
  inverse(['asin', 'arcsin'], asin, 'sine', { expression: 'asin(1) to deg', text: '90 deg' }),
  inverse(['acos', 'arccos'], acos, 'cosine', { expression: 'acos(0.5) in degrees', text: '60 degrees' }),
  inverse(['atan', 'arctan'], atan, 'tangent', { expression: 'atan(1) to deg', text: '45 deg' }),
  {
    names: ['atan2'],
    signature: 'atan2(y, x)',
    description: 'The angle of the point (x, y) from the positive x axis, in radians, from -π to π.',
    example: { expression: 'atan2(1, -1) to deg', text: '135 deg' },
    topic,
    takes: [2, 2],
    cost: () => 2,
    run: angleOfPoint,
  },
  inverse(['acot'], acot, 'cotangent', { expression: 'acot(1) to deg', text: '45 deg' }),
  inverse(['asec'], asec, 'secant', { expression: 'asec(2) to deg', text: '60 deg' }),
  inverse(['acsc'], acsc, 'cosecant', { expression: 'acsc(2) to deg', text: '30 deg' }),
  hyperbolic(['sinh'], sinh, 'The hyperbolic sine.', { expression: 'sinh(1)', text: '1.1752011936438' }),
  hyperbolic(['cosh'], cosh, 'The hyperbolic cosine.', { expression: 'cosh(0)', text: '1' }),
  hyperbolic(['tanh'], tanh, 'The hyperbolic tangent.', { expression: 'tanh(1)', text: '0.76159415595576' }),
  hyperbolic(['coth'], coth, 'The hyperbolic cotangent: 1 / tanh.', {
    expression: 'coth(1)',
    text: '1.3130352854993',
  }),
  hyperbolic(['sech'], sech, 'The hyperbolic secant: 1 / cosh.', { expression: 'sech(0)', text: '1' }),
  hyperbolic(['csch'], csch, 'The hyperbolic cosecant: 1 / sinh.', {
    expression: 'csch(1)',
    text: '0.85091812823932',
  }),
  hyperbolic(['asinh', 'arsinh'], asinh, 'The inverse of sinh.', {
    expression: 'asinh(1)',
    text: '0.88137358701954',
  }),
  hyperbolic(['acosh', 'arcosh'], acosh, 'The inverse of cosh.', {
    expression: 'acosh(2)',
    text: '1.3169578969248',
  }),
  hyperbolic(['atanh', 'artanh'], atanh, 'The inverse of tanh.', {
    expression: 'atanh(0.5)',
    text: '0.54930614433405',
  }),
  hyperbolic(['acoth'], acoth, 'The inverse of coth.', { expression: 'acoth(2)', text: '0.54930614433405' }),
  hyperbolic(['asech'], asech, 'The inverse of sech.', { expression: 'asech(0.5)', text: '1.3169578969248' }),
  hyperbolic(['acsch'], acsch, 'The inverse of csch.', { expression: 'acsch(2)', text: '0.4812118250596' }),
]
