/**
 * Remainders of sums, products, powers and factorials of whole numbers of any size: `4349^5249 mod 7031` never computes
 * the power.
 */
import { costOfModularPower, fromInteger, modularPower, toBigInt } from '../numbers/index.ts'
import { FACTORIAL } from './limits.ts'
import { operate, operateUnary } from './operators.ts'
import { addTo, isPercentage } from './percentage.ts'
import type { Build, Compute, Run } from './run.ts'
import type { Node } from './tree.ts'
import { isReal, unwritten, type Value } from './values/value.ts'

const MODULAR = ['add', 'subtract', 'multiply', 'power'] as const
type Modular = (typeof MODULAR)[number]
type BinaryNode = Extract<Node, { kind: 'binary' }>

/** Operators whose parts have their values, but which are not computed themselves yet. */
type Open =
  | { readonly value: Value }
  | { readonly operator: Modular; readonly left: Open; readonly right: Open }
  | { readonly minus: Open }
  | { readonly factorialOf: Value }

type OpenCompute = (run: Run, locals: readonly Value[]) => Open

/** Builds `left % modulus`. */
export function remainderOf(left: Node, build: Build, modulus: Compute): Compute {
  if (!growsFast(left)) {
    const value = build(left)
    return (run, locals) => operate('remainder', value(run, locals), modulus(run, locals), run)
  }
  const open = opened(left, build)
  return (run, locals) => {
    const parts = open(run, locals)
    const divisor = modulus(run, locals)
    const whole = wholeOf(divisor)
    const found = whole ? reduced(parts, whole < 0n ? -whole : whole, run) : undefined
    if (found !== undefined && whole !== undefined)
      return fromInteger(whole < 0n && found > 0n ? found + whole : found)
    return operate('remainder', settled(parts, run), divisor, run)
  }
}

function modularOf({ operator }: BinaryNode): Modular | undefined {
  return MODULAR.find((known) => known === operator)
}

/** Tells whether a node contains a power or a factorial, which may be too large to be computed first. */
function growsFast(node: Node): boolean {
  if (node.kind === 'unary')
    return node.operator === 'factorial' || (node.operator === 'minus' && growsFast(node.of))
  if (node.kind !== 'binary' || modularOf(node) === undefined) return false
  return node.operator === 'power' || growsFast(node.left) || growsFast(node.right)
}

function opened(node: Node, build: Build): OpenCompute {
  if (node.kind === 'unary' && node.operator === 'minus') {
    const of = opened(node.of, build)
    return (run, locals) => ({ minus: of(run, locals) })
  }
  if (node.kind === 'unary' && node.operator === 'factorial') {
    const of = build(node.of)
    return (run, locals) => ({ factorialOf: unwritten(of(run, locals)) })
  }
  const operator = node.kind === 'binary' ? modularOf(node) : undefined
  if (node.kind !== 'binary' || operator === undefined) {
    const value = build(node)
    return (run, locals) => ({ value: value(run, locals) })
  }
  if (operator === 'power') return openedPower(node, build)
  const left = opened(node.left, build)
  const right = opened(node.right, build)
  return (run, locals) => ({ operator, left: left(run, locals), right: right(run, locals) })
}

function openedPower(node: BinaryNode, build: Build): OpenCompute {
  const exponent = build.base(node.right)
  const power = (left: Open, run: Run, locals: readonly Value[]): Open => {
    const { factor, of } = exponent(run, locals)
    const raised: Open = { operator: 'power', left, right: { value: factor ?? of } }
    return factor === undefined ? raised : { operator: 'multiply', left: raised, right: { value: of } }
  }
  if (node.left.kind !== 'call') {
    const left = opened(node.left, build)
    return (run, locals) => power(left(run, locals), run, locals)
  }
  const base = build.base(node.left)
  return (run, locals) => {
    const { factor, of } = base(run, locals)
    const raised = power({ value: of }, run, locals)
    return factor === undefined ? raised : { operator: 'multiply', left: { value: factor }, right: raised }
  }
}

/** Computes the operators as they stand. */
function settled(open: Open, run: Run): Value {
  if ('value' in open) return open.value
  if ('minus' in open) return operateUnary('minus', settled(open.minus, run), run)
  if ('factorialOf' in open) return operateUnary('factorial', open.factorialOf, run)
  const { operator } = open
  const [left, right] = [settled(open.left, run), settled(open.right, run)]
  return operator === 'add' || operator === 'subtract'
    ? addTo(operator, left, right, run)
    : operate(operator, left, right, run)
}

/** The remainder, from 0 up; undefined where something is not a whole number, or an exponent is negative. */
function reduced(open: Open, modulus: bigint, run: Run): bigint | undefined {
  run.step()
  if ('value' in open) {
    const whole = isPercentage(open.value) ? undefined : wholeOf(open.value)
    return whole === undefined ? undefined : positive(whole, modulus)
  }
  if ('minus' in open) {
    const of = reduced(open.minus, modulus, run)
    return of === undefined ? undefined : positive(-of, modulus)
  }
  if ('factorialOf' in open) return reducedFactorial(open.factorialOf, modulus, run)
  const left = reduced(open.left, modulus, run)
  if (left === undefined) return undefined
  if (open.operator === 'power') {
    const exponent = 'value' in open.right ? wholeOf(open.right.value) : undefined
    if (exponent === undefined || exponent < 0n) return undefined
    run.charge(costOfModularPower(bitsOf(exponent), bitsOf(modulus)))
    return modularPower(left, exponent, modulus)
  }
  const right = reduced(open.right, modulus, run)
  if (right === undefined) return undefined
  run.charge(2)
  if (open.operator === 'add') return (left + right) % modulus
  if (open.operator === 'subtract') return positive(left - right, modulus)
  return (left * right) % modulus
}

function reducedFactorial(of: Value, modulus: bigint, run: Run): bigint | undefined {
  const n = wholeOf(of)
  if (n === undefined || n < 0n || n > BigInt(FACTORIAL)) return undefined
  // One of the factors is the modulus.
  if (n >= modulus) return 0n
  run.charge(Number(n) * (1 + bitsOf(modulus) / 512))
  let product = 1n % modulus
  for (let factor = 2n; factor <= n; factor++) product = (product * factor) % modulus
  return product
}

function wholeOf(value: Value): bigint | undefined {
  const plain = unwritten(value)
  return typeof plain === 'object' && isReal(plain) ? toBigInt(plain) : undefined
}

function positive(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** Bits of a whole number that is not negative, or up to three more. */
function bitsOf(value: bigint): number {
  return 4 * value.toString(16).length
}
