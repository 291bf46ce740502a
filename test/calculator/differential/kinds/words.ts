import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'
import { number } from './arithmetic.ts'

const python = (kind: string, typed: string, tree: Tree, suffix?: string): Case => ({
  kind,
  lines: [typed],
  question: { oracle: 'python', tree },
  ...(suffix !== undefined && { suffix }),
})

const times = (a: Tree, b: Tree): Tree => ['multiply', a, b]
const over = (a: Tree, b: Tree): Tree => ['divide', a, b]

function percentages(chance: Chance): Case {
  const [a, b, p, q] = [chance.number(), chance.number(), chance.number(2), chance.number(2)]
  const share = (text: string) => over(number(text), number(100))
  const more = (value: Tree, by: Tree) => times(value, ['add', number(1), by])
  const less = (value: Tree, by: Tree) => times(value, ['subtract', number(1), by])
  const space = chance.pick(['', ' '])
  const [typed, tree, suffix] = chance.pick<() => readonly [string, Tree, string?]>([
    () => [`${a}${space}+${space}${p}%`, more(number(a), share(p))],
    () => [`${a}${space}-${space}${p}%`, less(number(a), share(p))],
    () => [`${a}${space}*${space}${p}%`, times(number(a), share(p))],
    () => [`${a}${space}/${space}${p}%`, over(number(a), share(p))],
    () => [`${a}-${p}%-${q}%`, less(less(number(a), share(p)), share(q))],
    () => [`${a} + ${p}% - ${q}%`, less(more(number(a), share(p)), share(q))],
    () => [`${p}%-${q}%`, ['subtract', share(p), share(q)]],
    () => [`${a}*${p}%-${b}`, ['subtract', times(number(a), share(p)), number(b)]],
    () => [`(${a} + ${b}) - ${p}%`, less(['add', number(a), number(b)], share(p))],
    () => [`${p}%${chance.pick([' of ', ' * '])}${a}`, times(share(p), number(a))],
    () => [`${p} ${chance.pick(['percent', 'per cent'])} of ${a}`, times(share(p), number(a))],
    () => [`${p}% off ${a}`, less(number(a), share(p))],
    () => [`${p}% on ${a}`, more(number(a), share(p))],
    () => [
      `${a} ${chance.pick(['as %', 'as a percentage', 'is what %', 'is what percent'])} of ${b}`,
      over(number(a), share(b)),
      '%',
    ],
    () => [`${a} is ${p}% of what`, over(number(a), share(p))],
    () => [`${p} to %`, times(number(p), number(100)), '%'],
    () => [`${a} + -${p}%`, less(number(a), share(p))],
  ])()
  return python('percentages', typed, tree, suffix)
}

function operators(chance: Chance): Case {
  const [a, b] = [chance.number(2), chance.number(2)]
  const [n, k] = [chance.integer(1, 30), chance.integer(0, 30)]
  const square = chance.integer(1, 99) ** 2
  const [x, y] = [number(a), number(b)]
  const [typed, tree] = chance.pick<() => readonly [string, Tree]>([
    () => [`${a} plus ${b}`, ['add', x, y]],
    () => [`${a} minus ${b}`, ['subtract', x, y]],
    () => [`${a} times ${b}`, times(x, y)],
    () => [`${a} multiplied by ${b}`, times(x, y)],
    () => [`${a} divided by ${b}`, over(x, y)],
    () => [`${a} over ${b}`, over(x, y)],
    () => [`${a} x ${b}`, times(x, y)],
    () => [`${a}x${b}`, times(x, y)],
    () => [`${a} squared`, ['power', x, number(2)]],
    () => [`${a} cubed`, ['power', x, number(3)]],
    () => [`${a} to the power of ${k}`, ['power', x, number(k)]],
    () => [`half of ${a}`, over(x, number(2))],
    () => [`a third of ${a}`, over(x, number(3))],
    () => [`a quarter of ${a}`, over(x, number(4))],
    () => [`twice ${a}`, times(number(2), x)],
    () => [`double ${a}`, times(number(2), x)],
    () => [`square root of ${square}`, ['sqrt', number(square)]],
    () => [`${n} choose ${k}`, ['combinations', number(n), number(k)]],
    () => [`sqrt ${square} + ${b}`, ['add', ['sqrt', number(square)], y]],
    () => [`√${square} - ${b}`, ['subtract', ['sqrt', number(square)], y]],
    () => [`log2 ${a}`, ['log2', x]],
    () => [`sin ${n}° + ${b}`, ['add', ['sin', ['degrees', number(n)]], y]],
    () => [`${a} + ${b} =`, ['add', x, y]],
    () => [`=${a} + ${b}`, ['add', x, y]],
    () => [`${a}² + ${b}`, ['add', ['power', x, number(2)], y]],
    () => [`${a} mod ${b}`, ['remainder', x, y]],
  ])()
  return python('words and signs for operators', typed, tree)
}

/** The zeros of scripts whose digits people type: ASCII, Arabic, Persian, Devanagari, full-width, Thai. */
const ZEROS = ['0', '٠', '۰', '०', '０', '๐']
const FRACTIONS: readonly (readonly [string, string])[] = [
  ['½', '1/2'],
  ['¼', '1/4'],
  ['¾', '3/4'],
  ['⅓', '1/3'],
  ['⅝', '5/8'],
]
const SCALES: readonly (readonly [string, number])[] = [
  ['k', 1e3],
  [' thousand', 1e3],
  [' million', 1e6],
  [' billion', 1e9],
  [' dozen', 12],
]

/** One number in the writing of somewhere. */
function numeral(chance: Chance): readonly [typed: string, value: Tree] {
  const whole = String(chance.integer(1000, 99_999_999))
  const small = chance.integer(1, 99)
  const fraction = `${chance.integer(0, 9)}${chance.integer(1, 9)}`
  const [sign, part] = chance.pick(FRACTIONS)
  const [scale, factor] = chance.pick(SCALES)
  const zero = chance.pick(ZEROS).charCodeAt(0)
  const grouped = (by: string) => whole.replace(/\B(?=(\d{3})+$)/g, by)
  return chance.pick<() => readonly [string, Tree]>([
    () => [`${grouped(',')}.${fraction}`, number(`${whole}.${fraction}`)],
    () => [`${grouped('.')},${fraction}`, number(`${whole}.${fraction}`)],
    () => [grouped(chance.pick([',', ' ', '\u202f', "'", '’', '_'])), number(whole)],
    () => [whole.replace(/\B(?=(\d{2})*\d{3}$)/g, ','), number(whole)],
    () => [`${small},${fraction}`, number(`${small}.${fraction}`)],
    () => [`${small}${sign}`, ['add', number(small), number(part)]],
    () => [`.${fraction}`, number(`0.${fraction}`)],
    () => [`${small}e${factor === 12 ? -3 : 4}`, number(`${small}e${factor === 12 ? -3 : 4}`)],
    () => [`0x${Number(whole).toString(16)}`, number(whole)],
    () => [`0b${Number(whole).toString(2)}`, number(whole)],
    () => [whole.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit))), number(whole)],
    () => [`${small}${scale}`, times(number(small), number(factor))],
  ])()
}

function numerals(chance: Chance): Case {
  const [left, x] = numeral(chance)
  const [right, y] = numeral(chance)
  if (chance.oneIn(4)) return python('numerals', left, x)
  const [sign, name] = chance.pick([
    [' + ', 'add'],
    [' - ', 'subtract'],
    [' * ', 'multiply'],
  ] as const)
  return python('numerals', `${left}${sign}${right}`, [name, x, y])
}

function writings(chance: Chance): Case {
  const whole = chance.digits(12)
  const [name, word] = chance.pick([
    ['hex', 'hex'],
    ['bin', 'binary'],
    ['oct', 'octal'],
  ] as const)
  return python('other writings', `${whole} ${chance.pick(['in', 'to', 'as'])} ${word}`, [
    name,
    number(whole),
  ])
}

export const wordKinds = [percentages, operators, numerals, writings]
