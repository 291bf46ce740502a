import { excerptOf } from '../../chat/presentation.ts'
import type { MessageFrame } from '../../chat/protocol.ts'
import { elementOf } from '../live/html.ts'

/** Elements behind which a line ends. */
const LINES = 'br, p, li, pre, tr, blockquote, h3, h4, h5'

/** The text of a message as it is shown, line by line: its HTML has no ends of lines between its elements. */
export function shownText(text: HTMLElement): string {
  const copy = text.cloneNode(true)
  if (!(copy instanceof HTMLElement)) return ''
  copy.querySelector(':scope > .sender')?.remove()
  for (const line of copy.querySelectorAll(LINES)) line.after('\n')
  for (const cell of copy.querySelectorAll('th, td')) cell.after(' ')
  return copy.textContent.replace(/\n{2,}/g, '\n').trim()
}

/** The beginning of a message as it is shown, without its markup. */
export function shownExcerpt({ files, html, message }: MessageFrame): string {
  return excerptOf(html === undefined ? message : shownText(elementOf(`<div>${html}</div>`)), files)
}
