import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'
import { caseOf, number } from './arithmetic.ts'

const ELEMENTARY =
  'sqrt cbrt square cube exp expm1 ln log2 log10 log1p sin cos tan cot sec csc asin acos atan sinh cosh tanh asinh acosh atanh'.split(
    ' ',
  )
const RARE = 'acot asec acsc coth sech csch acoth asech acsch erf erfc gamma lgamma zeta'.split(' ')

/** Arguments where a function is easy, and where implementations go wrong: near poles, branch points and zeros. */
function argument(chance: Chance): Tree {
  const sign = (tree: Tree): Tree => (chance.oneIn(3) ? ['negate', tree] : tree)
  const small = `${chance.integer(1, 9)}e-${chance.integer(3, 45)}`
  return sign(
    chance.pick<() => Tree>([
      () => number(chance.integer(0, 30)),
      () => number(`${chance.integer(0, 9)}.${chance.integer(0, 99)}${chance.integer(1, 9)}`),
      () => number(`0.${chance.integer(0, 99)}${chance.integer(1, 9)}`),
      () => number(`${chance.integer(1, 400)}/${chance.integer(1, 40)}`),
      () => number(`${chance.digits(6)}.${chance.integer(1, 9)}`),
      () => number(small),
      () => ['add', number(1), number(small)],
      () => ['subtract', number(1), number(small)],
      () => number(`1.5707963267948966${chance.integer(1, 9)}`),
    ])(),
  )
}

const elementary = (chance: Chance): Case =>
  caseOf('elementary functions', [chance.pick(ELEMENTARY), argument(chance)], chance)

const rare = (chance: Chance): Case =>
  caseOf('rarer functions', [chance.pick(RARE), argument(chance)], chance)

function ofTwo(chance: Chance): Case {
  const name = chance.pick(['log', 'atan2', 'hypot', 'nthRoot'])
  const second = name === 'nthRoot' ? number(chance.integer(2, 9)) : argument(chance)
  return caseOf('functions of two numbers', [name, argument(chance), second], chance)
}

function composed(chance: Chance): Case {
  const operator = chance.pick(['add', 'subtract', 'multiply', 'divide'])
  const one = (): Tree => [chance.pick(ELEMENTARY), argument(chance)]
  const other: Tree = chance.oneIn(2) ? one() : chance.pick<Tree>([['pi'], ['e'], argument(chance)])
  return caseOf('sums and products of functions', [operator, one(), other], chance)
}

function degrees(chance: Chance): Case {
  const angle = number(chance.oneIn(2) ? 15 * chance.integer(0, 48) : chance.number(3))
  const name = chance.pick(['sin', 'cos', 'tan', 'sec', 'csc', 'cot'])
  return caseOf('angles in degrees', [name, ['degrees', angle]], chance)
}

function complexArguments(chance: Chance): Case {
  const part = () => number(`${chance.integer(0, 4)}.${chance.integer(1, 9)}`)
  const value: Tree = [chance.pick(['add', 'subtract']), part(), ['multiply', part(), ['i']]]
  const name = chance.pick(
    'sqrt exp ln sin cos tan sinh cosh tanh asin acos atan asinh acosh atanh abs arg gamma'.split(' '),
  )
  return caseOf('functions of complex numbers', [name, chance.oneIn(3) ? ['negate', value] : value], chance)
}

function factorials(chance: Chance): Case {
  const value = chance.oneIn(2) ? number(chance.integer(0, 170)) : number(chance.number(2))
  return caseOf('factorials', ['factorial', value], chance)
}

function wholeNumbers(chance: Chance): Case {
  const small = (most: number) => number(chance.integer(0, most))
  const tree = chance.pick<() => Tree>([
    () => ['gcd', number(chance.digits(25)), number(chance.digits(25))],
    () => [
      'gcd',
      number(12 * chance.integer(1, 999)),
      number(18 * chance.integer(1, 999)),
      number(30 * chance.integer(1, 99)),
    ],
    () => ['lcm', number(chance.digits(12)), number(chance.digits(12))],
    () => ['isPrime', number(chance.digits(30))],
    () => [
      'isPrime',
      ['add', ['multiply', number(6), number(chance.digits(9))], number(chance.pick([1, 5]))],
    ],
    () => ['combinations', number(chance.integer(0, 120)), small(60)],
    () => ['permutations', number(chance.integer(20, 80)), small(20)],
    () => ['catalan', small(90)],
    () => ['bellNumbers', small(25)],
    () => ['invmod', number(chance.digits(6)), number(chance.digits(6))],
    () => ['combinationsWithRep', number(chance.integer(1, 40)), number(chance.integer(1, 20))],
    () => {
      const size = chance.integer(2, 60)
      return ['composition', number(size), number(chance.integer(1, size))]
    },
    () => ['multinomial', ['list', ...chance.list(1, 4, () => number(chance.integer(1, 12)))]],
    () => ['stirlingS2', number(chance.integer(10, 30)), number(chance.integer(1, 10))],
  ])()
  return caseOf('whole numbers', tree, chance)
}

export const functionKinds = [
  elementary,
  elementary,
  rare,
  ofTwo,
  composed,
  degrees,
  complexArguments,
  factorials,
  wholeNumbers,
]
