import {
  allowedConstant,
  allowedFunction,
  allowedNames,
  callAllowed,
  isReserved,
  rangeOf,
} from './allowlist.ts'
import { costOfCall, costOfOperator } from './costs.ts'
import { CalculationError, evaluation, syntax } from './errors.ts'
import {
  decimal,
  isDecimal,
  isMatrix,
  isUnitName,
  libraryFunction,
  matrix,
  unit,
  type Value,
} from './library.ts'
import { CELLS } from './limits.ts'
import { binary, compare, isTrue, noText, unary } from './operators.ts'
import type { Compiled, Compute, Run } from './run.ts'
import { suggest } from './suggest.ts'
import type { Binary, Node } from './tree.ts'
import { accept, cells, tooLarge, tooManyCells } from './values.ts'

/** Words that functions take; no other text can be in an expression. */
const WORDS = new Set(['fro', 'inf', '-inf', 'unbiased', 'uncorrected', 'biased', 'asc', 'desc'])

/**
 * Makes a tree into a function. Names are parameters, then the sheet's, then constants, then units; what a name may
 * lead to stands in the allowlist and nowhere else. Throws `evaluation` for a function that cannot exist.
 */
export function compile(body: Node, parameters: readonly string[] = []): Compiled {
  let levels = 0
  let deepest = 0
  const build = (node: Node): Compute => {
    deepest = Math.max(deepest, ++levels)
    const built = guarded(node, make(node, build, parameters))
    levels--
    return built
  }
  const compute = build(body)
  return { compute, levels: deepest }
}

/** Counts steps and cells, and says where in the expression an error arose. */
function guarded(node: Node, compute: Compute): Compute {
  if (node.kind === 'number' || node.kind === 'word') return compute
  const position = 'position' in node ? node.position : undefined
  return (run, locals) => {
    run.step()
    let value: Value
    try {
      value = compute(run, locals)
    } catch (error) {
      if (error instanceof CalculationError && error.position === undefined && position !== undefined)
        throw error.at(position)
      throw error
    }
    if (isMatrix(value)) {
      run.charge(2 * cells(value))
      run.makes(cells(value))
    }
    return value
  }
}

function make(node: Node, build: (node: Node) => Compute, parameters: readonly string[]): Compute {
  switch (node.kind) {
    case 'number': {
      const value = accept(decimal(node.text))
      if (isDecimal(value) && !value.isFinite()) throw tooLarge()
      return () => value
    }
    case 'word': {
      if (!WORDS.has(node.text)) throw syntax('Text cannot be calculated with.', node.position)
      return () => node.text
    }
    case 'name':
      return named(node.name, parameters)
    case 'call':
      return called(node.name, node.arguments.map(build), parameters)
    case 'unary': {
      const of = build(node.of)
      return (run, locals) => {
        const value = of(run, locals)
        const allowed = allowedFunction(node.operator)
        return allowed &&
          node.operator !== 'unaryMinus' &&
          node.operator !== 'unaryPlus' &&
          node.operator !== 'bitNot'
          ? callAllowed(node.operator, allowed, [value], run)
          : unary(node.operator, value, run.charge)
      }
    }
    case 'binary': {
      const left = build(node.left)
      const right = build(node.right)
      return (run, locals) => worked(run, node.operator, left(run, locals), right(run, locals))
    }
    case 'percent': {
      const of = build(node.of)
      return (run, locals) => worked(run, 'divide', of(run, locals), HUNDRED)
    }
    case 'both': {
      const left = build(node.left)
      const right = build(node.right)
      return (run, locals) => (isTrue(left(run, locals)) === node.any ? node.any : isTrue(right(run, locals)))
    }
    case 'chain': {
      const operands = node.operands.map(build)
      return (run, locals) => chained(run, node.operators, (i) => (operands[i] ?? NOTHING)(run, locals))
    }
    case 'choice': {
      const [condition, yes, no] = [build(node.condition), build(node.yes), build(node.no)]
      return (run, locals) => (isTrue(condition(run, locals)) ? yes(run, locals) : no(run, locals))
    }
    case 'rows':
      return rows(
        node.rows.map((row) => row.map(build)),
        node.nested,
      )
    case 'range': {
      const [from, to, step] = [build(node.from), build(node.to), node.step && build(node.step)]
      return (run, locals) => {
        const [first, last] = [real(from(run, locals)), real(to(run, locals))]
        const by = step ? real(step(run, locals)) : ONE
        run.charge(costOfCall('range', [first, last, by]))
        return accept(rangeOf(first, last, by))
      }
    }
    case 'index':
      return indexed(
        build(node.of),
        node.at.map((one) => one && build(one)),
      )
  }
}

const ONE = decimal(1)
const HUNDRED = decimal(100)
const NOTHING: Compute = () => {
  throw evaluation('Something is missing.')
}

function real(value: Value) {
  if (isDecimal(value)) return value
  throw evaluation('A range goes from number to number.')
}

function named(name: string, parameters: readonly string[]): Compute {
  const index = parameters.indexOf(name)
  if (index >= 0) return (_, locals) => locals[index] ?? NOTHING(_, locals)
  if (isReserved(name)) {
    if (name === 'ans')
      return (run) => {
        const value = run.value('ans')
        if (value === undefined) throw evaluation('There is no result yet that `ans` could be.')
        return value
      }
    const constant = allowedConstant(name)
    if (constant !== undefined) return () => constant
    return () => {
      throw evaluation(allowedFunction(name) ? `\`${name}\` is a function: write ${name}(…).` : unknown(name))
    }
  }
  return (run) => run.value(name) ?? allowedConstant(name) ?? unitNamed(name) ?? missing(run, name)
}

function unitNamed(name: string): Value | undefined {
  return isUnitName(name) ? unit(null, name) : undefined
}

const unknown = (name: string): string => `I don't know \`${name}\`.`

function missing(run: Run, name: string): never {
  if (run.function(name)) throw evaluation(`\`${name}\` is a function: write ${name}(…).`)
  const meant = suggest(name, [...allowedNames(), ...run.names()])
  throw evaluation(meant ? `${unknown(name)} Did you mean \`${meant}\`?` : unknown(name))
}

function called(name: string, args: Compute[], parameters: readonly string[]): Compute {
  const allowed = parameters.includes(name) ? undefined : allowedFunction(name)
  if (allowed)
    return (run, locals) =>
      callAllowed(
        name,
        allowed,
        args.map((one) => one(run, locals)),
        run,
      )
  const value = named(name, parameters)
  const [only] = args
  return (run, locals) => {
    const found = parameters.includes(name) || isReserved(name) ? undefined : run.function(name)
    if (!found) {
      // x(3 + 1) is a product where x is a value.
      const left = value(run, locals)
      if (only === undefined || args.length > 1) throw evaluation(`\`${name}\` is not a function.`)
      return worked(run, 'multiply', left, only(run, locals))
    }
    if (found.parameters.length !== args.length)
      throw evaluation(
        `\`${name}\` takes ${found.parameters.length === 1 ? '1 argument' : `${found.parameters.length} arguments`}.`,
      )
    const values = args.map((one) => one(run, locals))
    return run.call(found, values)
  }
}

/** Computes with two values, after the run was charged for it. */
function worked(run: Run, operator: Binary, left: Value, right: Value): Value {
  run.charge(costOfOperator(operator, left, right))
  return binary(operator, left, right)
}

function chained(
  run: Run,
  operators: readonly Parameters<typeof compare>[0][],
  operand: (i: number) => Value,
): Value {
  let left = operand(0)
  let result: Value = true
  for (const [i, operator] of operators.entries()) {
    const right = operand(i + 1)
    run.charge(costOfCall(operator, [left, right]))
    result = compare(operator, left, right)
    if (i < operators.length - 1 && !isTrue(result)) return false
    left = right
  }
  return result
}

function rows(parts: Compute[][], nested: boolean): Compute {
  return (run, locals) => {
    let count = 0
    const cell = (part: Compute): unknown => {
      const value = part(run, locals)
      noText(value)
      count += cells(value)
      if (count > CELLS) throw tooManyCells()
      return isMatrix(value) ? value.toArray() : value
    }
    const made = parts.map((row) => row.map(cell))
    const flat = nested ? made : (made[0] ?? [])
    if (!isRegular(flat)) throw evaluation('The rows of this matrix are not equally long.')
    return accept(matrix(flat))
  }
}

/** Tells whether all parts of each level have one shape. */
function isRegular(value: unknown[]): boolean {
  const shape = (part: unknown): string =>
    Array.isArray(part) ? `${part.length}[${part.length > 0 ? shape(part[0]) : ''}]` : ''
  const [first] = value
  const wanted = shape(first)
  return value.every((part) => shape(part) === wanted && (!Array.isArray(part) || isRegular(part)))
}

function indexed(of: Compute, at: (Compute | undefined)[]): Compute {
  return (run, locals) => {
    const value = of(run, locals)
    if (!isMatrix(value)) throw evaluation('Only a matrix has cells to pick.')
    const size: number[] = value.size()
    if (at.length !== size.length)
      throw evaluation(`This matrix has ${size.length === 1 ? '1 dimension' : `${size.length} dimensions`}.`)
    const places = at.map((one, dimension) => placesIn(one?.(run, locals), size[dimension] ?? 0))
    const picked = places.reduce<number>(
      (product, place) => product * (Array.isArray(place) ? place.length : 1),
      1,
    )
    if (picked > CELLS) throw tooManyCells()
    return accept(libraryFunction('subset')(value, libraryFunction('index')(...places)))
  }
}

/** The 0-based places along one dimension; all of them for a bare colon. */
function placesIn(value: Value | undefined, length: number): number | number[] {
  const place = (one: unknown): number => {
    if (!isDecimal(one) || !one.isInteger()) throw evaluation('Cells are counted with whole numbers, from 1.')
    if (one.lt(1) || one.gt(length))
      throw evaluation(`There is no cell ${one.toString().slice(0, 20)} here; the last is ${length}.`)
    return one.toNumber() - 1
  }
  if (value === undefined) return Array.from({ length }, (_, i) => i)
  return isMatrix(value) ? (value.toArray() as unknown[]).map(place) : place(value)
}
