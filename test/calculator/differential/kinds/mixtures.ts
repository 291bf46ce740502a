import type { Case } from '../case.ts'
import type { Chance } from '../chance.ts'

/** Sums that mix numbers, percentages and signs, as both we and qalc read them. */
export function mixtures(chance: Chance): Case {
  const [a, b, c, d] = [chance.number(3), chance.number(2), chance.number(2), chance.integer(2, 5)]
  const typed = chance.pick([
    `${a} + ${b}% - ${c}`,
    `${a} * (${b} - ${c})^${d} / ${b}`,
    `-${a}^2 + ${b}/${c}`,
    `${a}/${b}/${c}`,
    `${a} - ${b} * ${c}%`,
    `(${a} + ${b})(${c} - ${d})`,
    `2(${a} - ${b}) + ${c}`,
    `${d}!/${b} - ${a}`,
    `-${b}^-${d}`,
    `(${a} + ${b}i) / (${c} - ${d}i) * (${c} - ${d}i) - ${b}i`,
    `sqrt(${a}) * sqrt(${a}) + ${b}`,
    `abs(${b} - ${a}) ^ ${d}`,
    `ln(${a}) / ln(${b} + 1)`,
    `exp(-${b}^2 / 2)`,
    `erf(0.${d})`,
    `zeta(${d})`,
    `gcd(${12 * d}, 18)`,
    `${a} mod ${d}`,
    `sin(${b}) ^ 2 + cos(${b}) ^ 2`,
    `${b}^${c} * ${d}`,
  ])
  return { kind: 'sums, by qalc', lines: [typed], question: { oracle: 'qalc', expression: typed } }
}
