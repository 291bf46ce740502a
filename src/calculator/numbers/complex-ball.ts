import {
  addBalls,
  type Ball,
  divideBalls,
  multiplyBalls,
  negateBall,
  scale,
  squareRootOfBall,
  subtractBalls,
} from './ball.ts'
import { atan2Ball, expBall, lnBall, sinCosBall } from './transcendental.ts'

/** A complex number whose parts are balls: what series of complex numbers are computed with. */
export interface ComplexBall {
  readonly re: Ball
  readonly im: Ball
}

export const addComplex = (a: ComplexBall, b: ComplexBall, bits: number): ComplexBall => ({
  re: addBalls(a.re, b.re, bits),
  im: addBalls(a.im, b.im, bits),
})

export const multiplyComplex = (a: ComplexBall, b: ComplexBall, bits: number): ComplexBall => ({
  re: subtractBalls(multiplyBalls(a.re, b.re, bits), multiplyBalls(a.im, b.im, bits), bits),
  im: addBalls(multiplyBalls(a.re, b.im, bits), multiplyBalls(a.im, b.re, bits), bits),
})

export const timesBall = (a: ComplexBall, b: Ball, bits: number): ComplexBall => ({
  re: multiplyBalls(a.re, b, bits),
  im: multiplyBalls(a.im, b, bits),
})

const normOf = (a: ComplexBall, bits: number): Ball =>
  addBalls(multiplyBalls(a.re, a.re, bits), multiplyBalls(a.im, a.im, bits), bits)

export const sizeOf = (a: ComplexBall, bits: number): Ball => squareRootOfBall(normOf(a, bits), bits)

export function divideComplex(a: ComplexBall, b: ComplexBall, bits: number): ComplexBall {
  const norm = normOf(b, bits)
  const product = multiplyComplex(a, { re: b.re, im: negateBall(b.im) }, bits)
  return { re: divideBalls(product.re, norm, bits), im: divideBalls(product.im, norm, bits) }
}

export function expComplex(a: ComplexBall, bits: number): ComplexBall {
  const size = expBall(a.re, bits)
  const [sine, cosine] = sinCosBall(a.im, bits)
  return { re: multiplyBalls(size, cosine, bits), im: multiplyBalls(size, sine, bits) }
}

/** The principal logarithm. */
export const lnComplex = (a: ComplexBall, bits: number): ComplexBall => ({
  re: scale(lnBall(normOf(a, bits), bits), -1),
  im: atan2Ball(a.im, a.re, bits),
})
