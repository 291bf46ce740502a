import { evaluateSheet } from '../sheet.ts'
import type { Said } from './compare.ts'

/** What the calculator says to the last of some lines, on an empty sheet. */
export async function calculate(lines: readonly string[]): Promise<Said> {
  const answer = await evaluateSheet(lines)
  if ('error' in answer) return { refused: `${answer.error.code}: ${answer.error.message}` }
  return { text: answer.text, rounded: 'rounded' in answer }
}
