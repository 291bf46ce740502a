import { evaluation } from './errors.ts'
import { absolute, floorRemainder, gcd } from './rational.ts'

/* Divisors, multiples and remainders of whole numbers of at most a few thousand bits. */

export { gcd }

/** Returns the least common multiple, not negative; 0 where one of the two is 0. */
export function lcm(a: bigint, b: bigint): bigint {
  return a === 0n || b === 0n ? 0n : absolute((a / gcd(a, b)) * b)
}

/** Returns the greatest common divisor g and two numbers with `a x + b y = g`. */
export function xgcd(a: bigint, b: bigint): { divisor: bigint; x: bigint; y: bigint } {
  let [rest, next] = [a, b]
  let [x, nextX] = [1n, 0n]
  let [y, nextY] = [0n, 1n]
  while (next !== 0n) {
    const quotient = rest / next
    ;[rest, next] = [next, rest - quotient * next]
    ;[x, nextX] = [nextX, x - quotient * nextX]
    ;[y, nextY] = [nextY, y - quotient * nextY]
  }
  return rest < 0n ? { divisor: -rest, x: -x, y: -y } : { divisor: rest, x, y }
}

/** Returns the inverse of `a` by the modulus, from 0 to below its size. Throws `evaluation` where there is none. */
export function invmod(a: bigint, modulus: bigint): bigint {
  if (modulus === 0n) throw evaluation('Division by zero.')
  const size = absolute(modulus)
  const { divisor, x } = xgcd(floorRemainder(a, size), size)
  if (divisor !== 1n) throw evaluation('These numbers have a common divisor, so there is no inverse.')
  return floorRemainder(x, size)
}

/**
 * Returns `base ^ exponent` by the modulus, with the modulus's sign; a negative exponent takes the inverse. Its cost is
 * `costOfModularPower` units.
 */
export function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus === 0n) throw evaluation('Division by zero.')
  if (exponent < 0n) return modularPower(invmod(base, modulus), -exponent, modulus)
  return floorRemainder(
    powerModulo(floorRemainder(base, absolute(modulus)), exponent, absolute(modulus)),
    modulus,
  )
}

/** The same for 0 <= base < modulus and an exponent that is not negative. */
export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus
    if (bit === '1') result = (result * base) % modulus
  }
  return result
}

/** Microseconds that a modular power takes: a product and a remainder for each bit, measured up to 4,096 bits. */
export const costOfModularPower = (exponentBits: number, modulusBits: number): number =>
  Math.ceil(1.5 * exponentBits * (0.15 + (modulusBits / 1024) ** 2 * 2)) + 1
