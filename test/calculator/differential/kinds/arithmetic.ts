import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'
import { write } from '../write.ts'

/** A case of a tree, as Python is asked; its parts are smaller cases of the same kind. */
export function caseOf(kind: string, tree: Tree, chance: Chance): Case {
  return {
    kind,
    lines: [write(tree, chance)],
    question: { oracle: 'python', tree },
    smaller: () =>
      tree
        .filter((child): child is Tree => typeof child === 'object' && child[0] !== 'list')
        .map((child) => caseOf(kind, child, chance)),
  }
}

export const number = (text: string | number): Tree => ['number', String(text)]

function rational(chance: Chance): Tree {
  const size = chance.pick([1, 2, 3, 6, 20, 60])
  if (chance.oneIn(3))
    return number(`${chance.digits(Math.min(size, 12))}.${chance.integer(0, 99)}${chance.integer(1, 9)}`)
  if (chance.oneIn(8)) return number(`${chance.digits(3)}e${chance.integer(-40, 40)}`)
  return number(chance.digits(size))
}

function arithmetic(chance: Chance, depth: number, leaf: () => Tree): Tree {
  if (depth === 0 || chance.oneIn(5)) return leaf()
  const part = () => arithmetic(chance, depth - 1, leaf)
  const operator = chance.pick([
    'add',
    'subtract',
    'multiply',
    'divide',
    'negate',
    'power',
    'remainder',
    'add',
    'subtract',
    'multiply',
    'divide',
  ])
  if (operator === 'negate') return ['negate', part()]
  if (operator === 'power') return ['power', part(), number(chance.integer(0, 9))]
  return [operator, part(), part()]
}

const rationals = (chance: Chance): Case =>
  caseOf(
    'rationals',
    arithmetic(chance, chance.integer(1, 4), () => rational(chance)),
    chance,
  )

function complexNumbers(chance: Chance): Case {
  const leaf = (): Tree => (chance.oneIn(3) ? ['i'] : number(chance.number(2)))
  const tree = arithmetic(chance, 3, leaf)
  const name = chance.pick(['', '', 'conj', 're', 'im', 'abs'])
  return caseOf('complex numbers', name === '' ? tree : [name, tree], chance)
}

function powers(chance: Chance): Case {
  const base = chance.oneIn(3)
    ? number(`${chance.integer(1, 20)}/${chance.integer(1, 20)}`)
    : number(chance.number(2))
  const exponent = chance.pick<() => Tree>([
    () => number(chance.integer(0, 400)),
    () => ['negate', number(chance.integer(1, 40))],
    () => number(`${chance.integer(1, 9)}/${chance.integer(2, 9)}`),
    () => number(`${chance.integer(0, 9)}.${chance.integer(1, 99)}`),
  ])()
  const tree: Tree = ['power', chance.oneIn(4) ? ['negate', base] : base, exponent]
  return caseOf('powers', tree, chance)
}

function remainders(chance: Chance): Case {
  const one = () => {
    const size = number(chance.oneIn(2) ? chance.digits(30) : chance.number(3))
    return chance.oneIn(4) ? (['negate', size] as const) : size
  }
  const share = (): Tree => ['divide', number(chance.integer(1, 400)), number(chance.integer(1, 40))]
  const large = (): Tree => ['power', number(chance.integer(2, 60)), number(chance.integer(1, 160))]
  const left = chance.pick([one, one, share, large])()
  return caseOf('remainders', ['remainder', left, chance.pick([one, share])()], chance)
}

function modularPowers(chance: Chance): Case {
  const [base, exponent, modulus] = [chance.digits(5), chance.digits(5), chance.digits(9)]
  return {
    kind: 'powers by a modulus',
    lines: [`${base}^${exponent} mod ${modulus}`],
    question: { oracle: 'python', tree: ['modularPower', number(base), number(exponent), number(modulus)] },
  }
}

function comparisons(chance: Chance): Case {
  const name = chance.pick(['equal', 'unequal', 'smaller', 'larger', 'smallerEq', 'largerEq'])
  const left = arithmetic(chance, 2, () => rational(chance))
  const tiny: Tree = ['power', number(10), ['negate', number(chance.integer(20, 200))]]
  const right = chance.pick<() => Tree>([
    () => arithmetic(chance, 2, () => rational(chance)),
    () => ['add', left, tiny],
    () => ['divide', ['multiply', left, number(7)], number(7)],
    () => ['sqrt', ['multiply', number(chance.digits(4)), number(chance.digits(4))]],
  ])()
  return caseOf('comparisons', [name, left, right], chance)
}

function rounding(chance: Chance): Case {
  const value: Tree = chance.oneIn(2)
    ? ['divide', number(chance.integer(1, 999)), number(chance.integer(1, 40))]
    : number(`${chance.integer(0, 999)}.${chance.pick(['5', '25', '45', '995', '0005', '4999'])}`)
  const signed: Tree = chance.oneIn(3) ? ['negate', value] : value
  const name = chance.pick(['floor', 'ceil', 'fix', 'round', 'round', 'abs', 'sign'])
  if (name !== 'round') return caseOf('rounding', [name, signed], chance)
  return caseOf('rounding', ['round', signed, number(chance.integer(0, 4))], chance)
}

function bitwise(chance: Chance): Case {
  const one = () =>
    chance.oneIn(4) ? (['negate', number(chance.digits(12))] as const) : number(chance.digits(12))
  const name = chance.pick(['bitAnd', 'bitOr', 'bitXor', 'leftShift', 'rightArithShift', 'bitNot'])
  if (name === 'bitNot') return caseOf('bits', [name, one()], chance)
  return caseOf('bits', [name, one(), name.endsWith('Shift') ? number(chance.integer(0, 60)) : one()], chance)
}

export const arithmeticKinds = [
  rationals,
  rationals,
  complexNumbers,
  powers,
  remainders,
  modularPowers,
  comparisons,
  rounding,
  bitwise,
]
