import { insertTextIntoField } from 'text-field-edit'

/** The beginning of a line of a list or a quote: its marks, and for a number what stands behind it. */
const MARKED =
  /^(?<indent>\s*)(?:(?<bullet>[-*+])|(?<number>\d{1,9})(?<dot>[.)])|(?<quote>>))(?<space> +)(?<box>\[[ x]\] +)?/i

/**
 * A new line in a list or a quote begins as the one before it did, and in place of an item with nothing in it the list ends. Enter
 * alone sends, so this is Shift and Enter; on a screen's keyboard it is Enter.
 */
export function continueLists(text: HTMLTextAreaElement): void {
  text.addEventListener('beforeinput', (event) => {
    if (event.isComposing || !['insertLineBreak', 'insertParagraph'].includes(event.inputType)) return
    if (text.selectionStart !== text.selectionEnd) return
    const start = text.value.lastIndexOf('\n', text.selectionStart - 1) + 1
    const line = text.value.slice(start, text.selectionStart)
    const mark = MARKED.exec(line)
    if (!mark || isInCode(text.value.slice(0, start))) return
    event.preventDefault()
    if (line.length > mark[0].length) return insertTextIntoField(text, `\n${nextMark(mark)}`)
    text.setSelectionRange(start, text.selectionStart)
    insertTextIntoField(text, '')
  })
}

function nextMark({ groups = {} }: RegExpExecArray): string {
  const { bullet, quote, number, dot = '', indent = '', space = ' ', box } = groups
  const mark = bullet ?? quote ?? `${Number(number) + 1}${dot}`
  return `${indent}${mark}${space}${box ? '[ ] ' : ''}`
}

function isInCode(before: string): boolean {
  return (before.match(/^```/gm)?.length ?? 0) % 2 === 1
}
