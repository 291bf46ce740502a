/** Compiles a tree into a function that computes it. An expression can do only what is built here. */
import { CalculationError, evaluation, ONE, parseReal, quantity, type Unit } from '../numbers/index.ts'
import { isTrue } from './arithmetic.ts'
import { indexed } from './chosen-cells.ts'
import { conversion } from './convert.ts'
import { isMoment, readMoment } from './dates/index.ts'
import { withFactor } from './factors.ts'
import { callFunction } from './functions/call.ts'
import { findConstant } from './functions/constants.ts'
import type { FunctionEntry } from './functions/function.ts'
import { findFunction, functionNames, isReserved } from './functions/table.ts'
import { CELLS } from './limits.ts'
import { remainderOf } from './modular.ts'
import { compare, operate, operateUnary } from './operators.ts'
import { addTo, hundredth, percentage, withSign } from './percentage.ts'
import { range } from './range.ts'
import { amountAtRate } from './rates.ts'
import type { BaseCompute, Build, Compiled, Compute, Run } from './run.ts'
import { inSeveralUnits } from './several-units.ts'
import { unknownFunction, unknownName } from './suggest.ts'
import type { Comparison, Node } from './tree.ts'
import { countCells, fromParts, matrix, tooManyCells } from './values/matrix.ts'
import { isMatrix, isScalar, unwritten, type Value } from './values/value.ts'

/**
 * Compiles a tree into a function. The parser has decided its meaning; this only computes it.
 * @param parameters of the function whose body it is; undefined where it is a line's own expression
 * @throws CalculationError for what can never be computed, such as a number that is too long
 */
export function compile(body: Node, parameters?: readonly string[]): Compiled {
  let levels = 0
  let deepest = 0
  const deeper = (node: Node, made: () => Compute): Compute => {
    deepest = Math.max(deepest, ++levels)
    const built = guarded(node, made())
    levels--
    return built
  }
  const build: Build = Object.assign((node: Node) => deeper(node, () => make(node, build, parameters)), {
    base: (node: Node) => baseOf(node, build, deeper, parameters),
  })
  const compute = build(body)
  return { compute, levels: deepest }
}

/** Counts steps and cells, and says where in the expression an error arose. */
function guarded(node: Node, compute: Compute): Compute {
  if (node.kind === 'number' || node.kind === 'text' || node.kind === 'unit') return compute
  const { position } = node
  return (run, locals) => {
    run.step()
    let value: Value
    try {
      value = compute(run, locals)
    } catch (error) {
      throw at(position, error)
    }
    if (isMatrix(value)) {
      run.charge(value.cells.length)
      run.makes(value.cells.length)
    }
    return value
  }
}

function make(node: Node, build: Build, parameters?: readonly string[]): Compute {
  switch (node.kind) {
    case 'number': {
      const value = parseReal(node.text)
      return () => value
    }
    case 'text':
      return () => node.text
    case 'name':
      return named(node.name, parameters)
    case 'total': {
      const { name } = node
      if (parameters) return () => notInFunction(name)
      return (run) => run.total(name)
    }
    case 'constant': {
      const value = findConstant(node.name)
      if (value === undefined) throw evaluation(`I don't know \`${node.name}\`.`, node.position)
      return () => value
    }
    case 'unit': {
      const value = quantity(ONE, node.unit)
      return () => value
    }
    case 'measure':
      return measured(build(node.value), node.unit)
    case 'mixed':
      return mixed(
        measures(node.parts, build),
        node.parts.map(({ unit }) => unit),
      )
    case 'part':
      return partOf(build(node.numerator), build(node.denominator), build(node.of))
    case 'call': {
      const [of, modulus, ...others] = node.arguments
      if (node.name === 'mod' && isReserved('mod') && of && modulus && others.length === 0)
        return remainderOf(of, build, build(modulus))
      return called(node.name, node.arguments.map(build), parameters, node.isDivisor)
    }
    case 'index':
      return indexed(
        build(node.of),
        node.at.map((one) => one && build(one)),
      )
    case 'unary': {
      if (node.operator === 'factorial' || node.operator === 'doubleFactorial')
        return withFactor(build.base(node.of), (of, run) => operateUnary(node.operator, of, run))
      const { operator } = node
      const of = build(node.of)
      if (operator === 'minus' || operator === 'plus')
        return (run, locals) => withSign(operator, of(run, locals), run)
      return (run, locals) => operateUnary(operator, of(run, locals), run)
    }
    case 'binary':
      return binary(node, build)
    case 'percent': {
      const of = build(node.of)
      return (run, locals) => hundredth(of(run, locals), run)
    }
    case 'rows':
      return rows(
        node.rows.map((row) => row.map(build)),
        node.nested,
      )
    case 'range': {
      const [from, to, step] = [build(node.from), build(node.to), node.step && build(node.step)]
      return (run, locals) => {
        const first = from(run, locals)
        const by = step?.(run, locals)
        return range(first, to(run, locals), by, run)
      }
    }
    case 'choice': {
      const [condition, yes, no] = [build(node.condition), build(node.yes), build(node.no)]
      return (run, locals) => (isTrue(condition(run, locals)) ? yes(run, locals) : no(run, locals))
    }
    case 'both': {
      const [left, right] = [build(node.left), build(node.right)]
      return (run, locals) => (isTrue(left(run, locals)) === node.any ? node.any : isTrue(right(run, locals)))
    }
    case 'chain': {
      const operands = node.operands.map(build)
      return (run, locals) => chained(run, node.operators, (i) => (operands[i] ?? nothing)(run, locals))
    }
    case 'convert':
      return conversion(node, build)
    case 'percentage':
      return percentage(node.question, build(node.part), build(node.of))
    case 'moment': {
      const value = placed(node.position, () => readMoment(node))
      return () => value
    }
  }
}

/** Does something for a part of the expression, and gives its position to errors that have none. */
function placed<T>(position: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw at(position, error)
  }
}

/** The error, with its place in the expression where it had none. */
function at(position: number, error: unknown): unknown {
  return error instanceof CalculationError && error.position === undefined ? error.at(position) : error
}

const nothing: Compute = () => {
  throw evaluation('Something is missing.')
}

/** A name of the sheet, or a parameter. */
function named(name: string, parameters: readonly string[] = []): Compute {
  const index = parameters.indexOf(name)
  if (index >= 0) return (run, locals) => locals[index] ?? nothing(run, locals)
  if (name === 'ans')
    return (run) => {
      const value = run.value(name)
      if (value === undefined) throw evaluation('There is no previous result for `ans` yet.')
      return value
    }
  return (run) => run.value(name) ?? missing(run, name)
}

function notInFunction(name: string): never {
  throw evaluation(
    `A function cannot read \`${name}\`, the ${name} of the values above. Pass it to the function as an argument.`,
  )
}

function missing(run: Run, name: string): never {
  if (run.function(name)) throw evaluation(`\`${name}\` is a function: write ${name}(…).`)
  throw unknownName(name, [...Object.keys(run.bindings), ...functionNames()])
}

function called(
  name: string,
  args: readonly Compute[],
  parameters: readonly string[] = [],
  isDivisor = false,
): Compute {
  const isParameter = parameters.includes(name)
  const own = isParameter ? undefined : findFunction(name)
  const call = (entry: FunctionEntry): Compute => {
    return (run, locals) => {
      const values = args.map((one) => one(run, locals))
      const found = callFunction(entry, values, run)
      return entry.keepsUnits ? inSeveralUnits(found, values, run) : found
    }
  }
  if (own && isReserved(name)) return call(own)
  const builtIn = own && call(own)
  const value = named(name, parameters)
  const [only] = args
  return (run, locals) => {
    const found = isParameter ? undefined : run.function(name)
    if (!found && builtIn && run.value(name) === undefined) return builtIn(run, locals)
    if (!found) {
      // x(3 + 1) is a product where x is a value.
      const isUnknown = !isParameter && !found && run.value(name) === undefined
      if (isUnknown && name !== 'ans' && name.length > 1)
        throw unknownFunction(name, [...Object.keys(run.bindings), ...functionNames()])
      const left = value(run, locals)
      if (only === undefined || args.length > 1)
        throw evaluation(
          isMatrix(unwritten(left))
            ? `\`${name}\` is not a function. Its cells are ${name}[1, 2] and so on.`
            : `\`${name}\` is not a function.`,
        )
      if (isDivisor)
        run.note(
          `All of \`${name}(…)\` is below the line. To divide by ${name} alone, write a sign between them: ${name} * (…).`,
        )
      return operate('multiply', left, only(run, locals), run)
    }
    const { length } = found.parameters
    if (length !== args.length)
      throw evaluation(`\`${name}\` takes ${length === 1 ? '1 argument' : `${length} arguments`}.`)
    return run.call(
      found,
      args.map((one) => one(run, locals)),
    )
  }
}

/** Returns the operand of a power or a factorial: `p(1 + r)^2` is a product where p is a value, and the power is of 1 + r alone. */
function baseOf(
  node: Node,
  build: Build,
  deeper: (node: Node, made: () => Compute) => Compute,
  parameters: readonly string[] = [],
): BaseCompute {
  const [only, ...others] = node.kind === 'call' ? node.arguments : []
  if (
    node.kind !== 'call' ||
    !only ||
    others.length > 0 ||
    (findFunction(node.name) && isReserved(node.name))
  ) {
    const value = build(node)
    return (run, locals) => ({ of: value(run, locals) })
  }
  const { name, position } = node
  let inside = nothing
  const whole = deeper(node, () => {
    inside = build(only)
    return called(name, [inside], parameters)
  })
  const factor = named(name, parameters)
  const isParameter = parameters.includes(name)
  return (run, locals) => {
    if (!isParameter && (run.function(name) || run.value(name) === undefined))
      return { of: whole(run, locals) }
    run.step()
    return { factor: placed(position, () => factor(run, locals)), of: inside(run, locals) }
  }
}

function measured(value: Compute, unit: Unit): Compute {
  const one = quantity(ONE, unit)
  return (run, locals) => {
    const found = value(run, locals)
    return isScalar(found) ? quantity(found, unit) : operate('multiply', found, one, run)
  }
}

function measures(
  parts: readonly { readonly value: Node; readonly unit: Unit }[],
  build: (node: Node) => Compute,
): Compute[] {
  return parts.map(({ value, unit }) => measured(build(value), unit))
}

/** `5 ft 3 in`, which is shown in these units. */
function mixed(quantities: readonly Compute[], units: readonly Unit[]): Compute {
  return (run, locals) => {
    const sum = quantities.map((one) => one(run, locals)).reduce((so, next) => operate('add', so, next, run))
    return { kind: 'written', value: unwritten(sum), as: { kind: 'mixed', units } }
  }
}

/** `3/4 mm` is that part of it; `5 m/s / 2 m/s`, whose numerator is more than a number, divides by all of the rest. */
function partOf(numerator: Compute, denominator: Compute, of: Compute): Compute {
  return (run, locals) => {
    const above = numerator(run, locals)
    const below = denominator(run, locals)
    const whole = of(run, locals)
    return isScalar(unwritten(above))
      ? operate('multiply', operate('divide', above, below, run), whole, run)
      : operate('divide', above, operate('multiply', below, whole, run), run)
  }
}

function binary(node: Extract<Node, { kind: 'binary' }>, build: Build): Compute {
  const { operator } = node
  if (operator === 'remainder') return remainderOf(node.left, build, build(node.right))
  if (operator === 'power' || operator === 'dotPower') {
    const base = build.base(node.left)
    const exponent = build.base(node.right)
    return withFactor(base, (of, run, locals) => {
      // In `2^n(n + 1)` with a value n, the power is of n alone.
      const { factor, of: inside } = exponent(run, locals)
      const power = operate(operator, of, factor ?? inside, run)
      return factor === undefined ? power : operate('multiply', power, inside, run)
    })
  }
  const left = build(node.left)
  const right = build(node.right)
  if (operator === 'at') return (run, locals) => amountAtRate(left(run, locals), right(run, locals), run)
  if (operator === 'add' || operator === 'subtract')
    return node.right.kind === 'mixed'
      ? withMixed(operator, left, right, measures(node.right.parts, build))
      : (run, locals) => addTo(operator, left(run, locals), right(run, locals), run)
  return (run, locals) => {
    const [first, second] = [left(run, locals), right(run, locals)]
    return inSeveralUnits(operate(operator, first, second, run), [first, second], run)
  }
}

/** Adds `2 months 3 days` to a date part by part, since the days of a month are not known before. */
function withMixed(
  operator: 'add' | 'subtract',
  left: Compute,
  right: Compute,
  parts: readonly Compute[],
): Compute {
  return (run, locals) => {
    const first = left(run, locals)
    if (typeof first !== 'object' || !isMoment(first)) return addTo(operator, first, right(run, locals), run)
    return parts.reduce((so, part): Value => operate(operator, so, part(run, locals), run), first)
  }
}

function chained(run: Run, operators: readonly Comparison[], operandAt: (i: number) => Value): Value {
  let left = operandAt(0)
  let result: Value = true
  for (const [i, operator] of operators.entries()) {
    const right = operandAt(i + 1)
    result = compare(operator, left, right, run)
    if (i < operators.length - 1 && !isTrue(result)) return false
    left = right
  }
  return result
}

function rows(parts: readonly (readonly Compute[])[], nested: boolean): Compute {
  return (run, locals) => {
    let count = 0
    const cell = (part: Compute): Value => {
      const value = unwritten(part(run, locals))
      if (typeof value === 'string') throw evaluation('Text cannot be used in calculations.')
      count += countCells(value)
      if (count > CELLS) throw tooManyCells()
      return value
    }
    const made = parts.map((row) => fromParts(row.map(cell)))
    return nested ? fromParts(made) : (made[0] ?? matrix([]))
  }
}
