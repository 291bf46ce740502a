/** Evaluates the lines of one sheet in a process that has done nothing else, and prints the last answer. */
import { evaluateSheet } from './sheet.ts'

const lines: string[] = JSON.parse(process.argv[2] ?? '[]')
console.log(JSON.stringify(await evaluateSheet(lines)))
