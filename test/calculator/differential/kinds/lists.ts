import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'
import { caseOf, number } from './arithmetic.ts'

const cell = (chance: Chance): Tree => {
  const value = number(
    chance.oneIn(4) ? `${chance.integer(0, 9)}.${chance.integer(1, 9)}` : chance.integer(0, 12),
  )
  return chance.oneIn(4) ? ['negate', value] : value
}

const matrix = (chance: Chance, rows: number, columns: number): Tree => [
  'list',
  ...Array.from(
    { length: rows },
    (): Tree => ['list', ...Array.from({ length: columns }, () => cell(chance))],
  ),
]

function matrices(chance: Chance): Case {
  const size = chance.integer(1, 4)
  const square = () => matrix(chance, size, size)
  const tree = chance.pick<() => Tree>([
    () => ['det', square()],
    () => ['inv', square()],
    () => ['trace', square()],
    () => ['kron', matrix(chance, chance.integer(1, 2), 2), matrix(chance, 2, chance.integer(1, 2))],
    () => ['transpose', matrix(chance, chance.integer(1, 3), chance.integer(1, 4))],
  ])()
  return caseOf('matrices', tree, chance)
}

function products(chance: Chance): Case {
  const [rows, shared, columns] = [chance.integer(1, 3), chance.integer(1, 3), chance.integer(1, 3)]
  const [left, right] = [matrix(chance, rows, shared), matrix(chance, shared, columns)]
  const { lines } = caseOf('', ['multiply', left, right], chance)
  return {
    kind: 'products of matrices',
    lines,
    question: { oracle: 'python', tree: ['matrixMultiply', left, right] },
  }
}

function matrixPowers(chance: Chance): Case {
  const size = chance.integer(1, 3)
  const [rows, exponent] = [matrix(chance, size, size), number(chance.integer(0, 6))]
  const { lines } = caseOf('', ['power', rows, exponent], chance)
  return {
    kind: 'powers of matrices',
    lines,
    question: { oracle: 'python', tree: ['matrixPower', rows, exponent] },
  }
}

function vectors(chance: Chance): Case {
  const name = chance.pick(['dot', 'cross', 'corr'])
  const length = name === 'cross' ? 3 : chance.integer(2, 6)
  const list = (): Tree => ['list', ...chance.list(length, length, () => cell(chance))]
  return caseOf('vectors', [name, list(), list()], chance)
}

function statistics(chance: Chance): Case {
  const values: Tree = ['list', ...chance.list(1, 9, () => cell(chance))]
  if (chance.oneIn(4)) return vectors(chance)
  const name = chance.pick(
    'sum prod min max mean median variance std mode sort quantileSeq mad cumsum diff norm count'.split(' '),
  )
  const share = number(chance.pick(['0.25', '0.5', '0.1', '1/3', '0', '1']))
  return caseOf('statistics', name === 'quantileSeq' ? [name, values, share] : [name, values], chance)
}

export const listKinds = [matrices, products, matrixPowers, statistics]
