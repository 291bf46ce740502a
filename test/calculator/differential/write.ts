import type { Tree } from './case.ts'
import type { Chance } from './chance.ts'

const NUMBER = 6
const SIGNS: Record<string, { level: number; signs: readonly string[] }> = {
  add: { level: 1, signs: [' + ', '+', ' plus '] },
  subtract: { level: 1, signs: [' - ', '-', ' − ', ' minus '] },
  multiply: { level: 2, signs: [' * ', '*', ' × ', '·', ' times '] },
  divide: { level: 2, signs: [' / ', '/', ' ÷ ', ' divided by '] },
  remainder: { level: 2, signs: [' mod ', ' % '] },
  power: { level: 4, signs: ['^', '**', ' ^ '] },
  equal: { level: 0, signs: [' == '] },
  unequal: { level: 0, signs: [' != '] },
  smaller: { level: 0, signs: [' < '] },
  larger: { level: 0, signs: [' > '] },
  smallerEq: { level: 0, signs: [' <= ', ' ≤ '] },
  largerEq: { level: 0, signs: [' >= ', ' ≥ '] },
}
const CONSTANTS: Record<string, readonly string[]> = { pi: ['pi', 'π'], e: ['e'], i: ['i'] }

/**
 * A tree as a person types it, in signs of their habit. What a constant or a word could grow together with is put into
 * parentheses: how `1/2 x` and `50% - 20%` are read has kinds of its own.
 */
export function write(tree: Tree, chance: Chance): string {
  return written(tree, chance).text
}

function written(tree: Tree, chance: Chance): { text: string; level: number } {
  const [name, ...rest] = tree
  const children = rest.filter((child): child is Tree => typeof child === 'object')
  const [first, second] = children
  if (name === 'number') return numeral(String(rest[0]))
  const constants = CONSTANTS[name]
  if (constants) return { text: chance.pick(constants), level: NUMBER }
  if (name === 'list')
    return { text: `[${children.map((child) => write(child, chance)).join(', ')}]`, level: NUMBER }
  if (name === 'negate' && first) return { text: `-${inside(first, 4, chance)}`, level: 3 }
  if (name === 'factorial' && first) return { text: `${inside(first, NUMBER, chance)}!`, level: 5 }
  if (name === 'degrees' && first)
    return { text: `${inside(first, NUMBER, chance)}${chance.pick(['°', ' deg'])}`, level: 2 }
  const operator = SIGNS[name]
  if (!operator || !first || !second)
    return { text: `${name}(${children.map((child) => write(child, chance)).join(', ')})`, level: NUMBER }

  const { level, signs } = operator
  const sign = chance.oneIn(2) ? (signs[0] ?? '') : chance.pick(signs)
  // What is not the same in every order is put into parentheses on both sides.
  const [left, right] =
    level === 4
      ? [5, 4]
      : name === 'remainder'
        ? [4, 4]
        : name === 'divide' || name === 'subtract'
          ? [level, level + 1]
          : [level, level]
  const [a, b] = [inside(first, left, chance), inside(second, name === 'multiply' ? 3 : right, chance)]
  return { text: `${a}${sign}${b}`, level }
}

function inside(tree: Tree, least: number, chance: Chance): string {
  const { text, level } = written(tree, chance)
  const mixed = tree[0] === 'remainder' && least > 1
  return level < least || mixed || chance.oneIn(12) ? `(${text})` : text
}

function numeral(text: string): { text: string; level: number } {
  if (text.includes('/')) return { text, level: 2 }
  return { text, level: text.startsWith('-') ? 3 : NUMBER }
}
