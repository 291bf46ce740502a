import { evaluateSheet } from '../sheet.ts'
import type { OurAnswer } from './compare.ts'

/** The calculator's answer to the last of some lines on an empty sheet. */
export async function calculate(lines: readonly string[]): Promise<OurAnswer> {
  let answer = await evaluateSheet(lines)
  // Wall-clock time, much of which may go to other programs on a busy machine.
  if ('error' in answer && answer.error.code === 'timeout') answer = await evaluateSheet(lines)
  if ('error' in answer) return { refused: `${answer.error.code}: ${answer.error.message}` }
  return { text: answer.text, rounded: 'rounded' in answer }
}
