/** Answers lines in a process of its own: `[["1 + 1"], ["x = 2", "x"]]` on standard input, their answers on standard output. */
import { text } from 'node:stream/consumers'
import { calculate } from './calculator.ts'
import type { OurAnswer } from './compare.ts'

const cases: string[][] = JSON.parse(await text(process.stdin))
const answers: OurAnswer[] = []
for (const lines of cases) answers.push(await calculate(lines))
process.stdout.write(JSON.stringify(answers))
