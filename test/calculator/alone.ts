/** Evaluates the lines of one sheet in a process that has done nothing else, and prints the last answer. */
import { evaluate } from '../../src/calculator/language/index.ts'
import { evaluateLines } from './sheet.ts'

const lines: string[] = JSON.parse(process.argv[2] ?? '[]')
console.log(JSON.stringify(await evaluateLines(evaluate, lines)))
