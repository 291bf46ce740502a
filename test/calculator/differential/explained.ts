/** An intended difference: which cases it concerns, why our answer is different, and who else gives it. */
interface Explained {
  readonly kind: RegExp
  readonly typed: RegExp
  readonly difference: RegExp
  readonly reason: string
}

export const EXPLAINED: readonly Explained[] = [
  {
    kind: /^(rationals|complex numbers)$/,
    typed: /./,
    difference: /^-?\d{15,}, but it is -?[\d.]+(e\+\d+)?$/,
    reason:
      'Beyond 1,024 bits a number is a decimal; one that differs from a whole number in none of its digits is shown as that whole number, in full and marked as rounded. Python’s Fractions have no bound.',
  },
  {
    kind: /./,
    typed: /mod|%/,
    difference: /too large for an exact remainder|Too few digits of this result are known/,
    reason:
      'The remainder of a number that has more than 1,024 bits, and is no whole number to a whole power, is refused: a decimal’s remainder would be noise. Python’s Fractions have no bound.',
  },
  {
    kind: /^comparisons$/,
    typed: /10\)*\s*(\^|\*\*)/,
    difference: /^refused \(evaluation: Too few digits of these numbers are known/,
    reason:
      'Beyond 1,024 bits a number is a decimal of at least 80 digits; of two that differ in none of them it is not known which is larger. Python’s Fractions have no bound.',
  },
  {
    kind: /^sums, by qalc$/,
    typed: /sqrt/,
    difference: /is marked as rounded, but it is exact$/,
    reason:
      'qalc squares a root by algebra; here a root that is not rational is known to 120 digits, which do not prove it.',
  },
  {
    kind: /./,
    typed: /(exp|sinh|cosh|sech|csch|gamma|erfc|zeta|!)/,
    difference: /This number is too (large|small)/,
    reason:
      'Numbers beyond about 10^16000, and below 10^-16000, are refused where a function gives them, so that no power of them takes long. mpmath’s exponent has no bound.',
  },
]

export const explanationOf = (kind: string, typed: string, difference: string): string | undefined =>
  EXPLAINED.find((one) => one.kind.test(kind) && one.typed.test(typed) && one.difference.test(difference))
    ?.reason
