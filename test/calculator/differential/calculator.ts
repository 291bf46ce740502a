import { evaluateSheet } from '../sheet.ts'
import type { OurAnswer } from './compare.ts'

/** What the calculator says to the last of some lines, on an empty sheet. */
export async function calculate(lines: readonly string[]): Promise<OurAnswer> {
  let answer = await evaluateSheet(lines)
  // An evaluation may take so long by the clock, which on a busy machine can go to other programs.
  if ('error' in answer && answer.error.code === 'timeout') answer = await evaluateSheet(lines)
  if ('error' in answer) return { refused: `${answer.error.code}: ${answer.error.message}` }
  return { text: answer.text, rounded: 'rounded' in answer }
}
