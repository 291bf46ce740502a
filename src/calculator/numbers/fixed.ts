/*
 * Series on fixed-point numbers: a whole number x stands for x / 2^bits. Each result is wrong by at most a few units of
 * its last place (`FIXED_ERROR` bits); the callers work with more bits than they keep. The reductions are those of
 * Brent and Zimmermann, "Modern Computer Arithmetic" (2010), chapter 4.
 */

/** The possible error in the last place of a result, as a power of 2. */
export const FIXED_ERROR = 4

interface Constant {
  readonly bits: number
  readonly value: bigint
}

/** A constant to any number of bits, computed once to the largest number that was asked for. */
function constant(compute: (bits: number) => bigint): (bits: number) => bigint {
  let known: Constant = { bits: 0, value: 0n }
  return (bits) => {
    if (bits > known.bits) {
      const ample = Math.max(1024, Math.ceil(bits / 512) * 512)
      known = { bits: ample, value: compute(ample + 32) >> 32n }
    }
    return known.value >> BigInt(known.bits - bits)
  }
}

/** 1/n + s/3n^3 + 1/5n^5 + …: the inverse tangent (s = -1) or hyperbolic tangent (s = 1) of 1/n. */
function inverse(n: bigint, sign: 1n | -1n, bits: number): bigint {
  let power = (1n << BigInt(bits)) / n
  let sum = power
  for (let k = 3n; power !== 0n; k += 2n) {
    power = (sign * power) / (n * n)
    sum += power / k
  }
  return sum
}

/** Machin's formula. */
export const fixedPi = constant((bits) => 4n * (4n * inverse(5n, -1n, bits) - inverse(239n, -1n, bits)))
export const fixedLn2 = constant(
  (bits) => 18n * inverse(26n, 1n, bits) - 2n * inverse(4801n, 1n, bits) + 8n * inverse(8749n, 1n, bits),
)
export const fixedE = constant((bits) => {
  let term = 1n << BigInt(bits)
  let sum = term
  for (let k = 1n; term !== 0n; k++) {
    term /= k
    sum += term
  }
  return sum
})

/** Euler's constant: Brent and McMillan, "Some new algorithms for high-precision computation of Euler's constant" (1980). */
export const fixedGamma = constant((bits) => {
  const n = BigInt(Math.ceil(bits * 0.1734) + 2)
  const wide = bits + 32
  const one = 1n << BigInt(wide)
  let weight = one
  let harmonic = 0n
  let above = 0n
  let below = 0n
  for (let k = 1n; weight !== 0n; k++) {
    above += (weight * harmonic) >> BigInt(wide)
    below += weight
    weight = (weight * n * n) / (k * k)
    harmonic += one / k
  }
  return ((above << BigInt(wide)) / below - lnOfWhole(n, wide)) >> 32n
})

function lnOfWhole(n: bigint, bits: number): bigint {
  const twos = n.toString(2).length
  return fixedLn((n << BigInt(bits)) >> BigInt(twos), bits) + BigInt(twos) * fixedLn2(bits)
}

/** e^x for -1 < x < 1. */
export function fixedExp(x: bigint, bits: number): bigint {
  const halvings = Math.floor(Math.sqrt(bits))
  const working = BigInt(bits + halvings + 16)
  const one = 1n << working
  // e^(x / 2^halvings) - 1, then doubled back: (1 + y)^2 - 1 = y (2 + y).
  const small = x << 16n
  let term = small
  let y = small
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    term = ((term * small) >> working) / k
    y += term
  }
  for (let i = 0; i < halvings; i++) y = (y * (2n * one + y)) >> working
  return (one + y) >> BigInt(halvings + 16)
}

/** The sine and the cosine of -1 < x < 1. */
export function fixedSinCos(x: bigint, bits: number): [sine: bigint, cosine: bigint] {
  const halvings = Math.floor(Math.sqrt(bits) / 2)
  const working = BigInt(bits + 2 * halvings + 16)
  const one = 1n << working
  const small = x << BigInt(halvings + 16)
  const square = (small * small) >> working
  let sine = small
  let term = small
  for (let k = 2n; term !== 0n && term !== -1n; k += 2n) {
    term = -(((term * square) >> working) / (k * (k + 1n)))
    sine += term
  }
  // 1 - cos, so that nothing is lost while it is small.
  let versed = 0n
  term = -one
  for (let k = 1n; term !== 0n && term !== -1n; k += 2n) {
    term = -(((term * square) >> working) / (k * (k + 1n)))
    versed += term
  }
  for (let i = 0; i < halvings; i++) {
    // sin 2x = 2 sin x cos x, 1 - cos 2x = 2 sin^2 x
    const doubled = (2n * sine * (one - versed)) >> working
    versed = (2n * sine * sine) >> working
    sine = doubled
  }
  const extra = BigInt(2 * halvings + 16)
  return [sine >> extra, (one - versed) >> extra]
}

/** The natural logarithm of 1/2 <= x <= 2: that of the nearest double, and a series for the rest. */
export function fixedLn(x: bigint, bits: number): bigint {
  const wide = BigInt(bits)
  const start = BigInt(
    Math.round(Math.log(Number(x >> BigInt(Math.max(0, bits - 60))) / 2 ** Math.min(60, bits)) * 2 ** 60),
  )
  const guess = bits >= 60 ? start << BigInt(bits - 60) : start >> BigInt(60 - bits)
  const reached = fixedExp(guess, bits)
  // ln x = guess + 2 artanh((x - e^guess) / (x + e^guess)), whose argument is below 2^-50.
  const u = ((x - reached) << wide) / (x + reached)
  const square = (u * u) >> wide
  let term = u
  let sum = u
  for (let k = 3n; term !== 0n && term !== -1n; k += 2n) {
    term = (term * square) >> wide
    sum += term / k
  }
  return guess + 2n * sum
}

/** The inverse tangent of 0 <= x <= 1: that of the nearest double, and a series for the rest. */
export function fixedAtan(x: bigint, bits: number): bigint {
  const wide = BigInt(bits)
  const double = Number(x >> BigInt(Math.max(0, bits - 60))) / 2 ** Math.min(60, bits)
  const start = BigInt(Math.round(Math.atan(double) * 2 ** 60))
  const guess = bits >= 60 ? start << BigInt(bits - 60) : start >> BigInt(60 - bits)
  const [sine, cosine] = fixedSinCos(guess, bits)
  // (x - tan t) / (1 + x tan t), both sides multiplied by cos t
  const u = ((((x * cosine) >> wide) - sine) << wide) / (cosine + ((x * sine) >> wide))
  const square = (u * u) >> wide
  let term = u
  let sum = u
  for (let k = 3n; term !== 0n && term !== -1n; k += 2n) {
    term = -((term * square) >> wide)
    sum += term / k
  }
  return guess + sum
}
