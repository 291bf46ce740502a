import t from 'tap'
import { parse } from '../../src/calculator/language/statement.ts'
import { CalculationError } from '../../src/calculator/numbers/index.ts'
import { writeLine } from './tree-text.ts'
import { unitText, vocabulary } from './vocabulary.ts'

/** What a line is read as, with these names bound; an error as its code and position. */
function read(line: string, ...bound: string[]): string {
  try {
    return writeLine(parse(line, vocabulary(...bound)), unitText)
  } catch (error) {
    if (error instanceof CalculationError) return `${error.code} at ${error.position}`
    throw error
  }
}

t.test('reads operators of every habit', async (t) => {
  t.equal(read('2 + 3 * 4'), '(add 2 (multiply 3 4))')
  t.equal(read('-2**2'), '(minus (power 2 2))')
  t.equal(read('3 × 4 ÷ 2 − 1'), '(subtract (divide (multiply 3 4) 2) 1)')
})
