import { plainText } from './html.ts'
import { excerptOf } from './presentation.ts'
import type { MessageFrame } from './protocol.ts'

/** Characters of a message that are read for its excerpt, in which there are marks that it does not show. */
export const QUOTED = 560

/** The beginning of a message without Markdown, as replies and notifications show it. */
export function plainExcerpt(text: string, files?: MessageFrame['files']): string {
  return excerptOf(plainText(text.slice(0, QUOTED)), files)
}
