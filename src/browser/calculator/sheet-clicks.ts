import type { LineEditor } from './line-editor.ts'
import type { NameLens } from './name-lens.ts'
import type { Row, Rows } from './rows.ts'

export interface SheetClicksOptions {
  readonly rows: Rows
  readonly editor: LineEditor
  readonly lens: NameLens
  /** A value was chosen for the line that is written. */
  readonly onValue: (text: string) => void
  readonly onCopy: (button: HTMLElement, text: string) => void
  readonly onGo: (row: Row) => void
}

/** Handles presses on lines: on the text to edit it, on the value to insert it. */
export function followClicks({ rows, editor, lens, onValue, onCopy, onGo }: SheetClicksOptions): void {
  rows.element.addEventListener('mousedown', (event) => {
    const { target } = event
    if (!(target instanceof Element)) return
    // The line that is written goes on being written; and where a press begins to write, the caret stands where it was.
    if (target.closest('.value, .copy, .more, .text')) event.preventDefault()
  })
  rows.element.addEventListener('click', (event) => {
    const { target } = event
    const row = rows.of(target)
    if (!(target instanceof Element) || !row) return
    const control = target.closest<HTMLButtonElement>('[data-action]')
    const { action, text = '' } = control?.dataset ?? {}
    if (control && action === 'insert') {
      event.preventDefault()
      return onValue(control.value)
    }
    if (control && action === 'copy') return onCopy(control, text)
    const link = target.closest<HTMLAnchorElement>('.line-link')
    if (link) {
      event.preventDefault()
      const there = rows.find(Number(link.hash.slice('#line-'.length)))
      if (there) onGo(there)
      return
    }
    const name = target.closest('.name')?.textContent
    if (name && (event.ctrlKey || event.metaKey)) {
      const definition = rows.definition(name, row)
      if (definition) onGo(definition)
      return
    }
    if (target.closest('button, a, .line-editor, .conflict, .failure-note')) return
    editor.open(row, caretAt(event, row))
  })
  rows.element.addEventListener('mouseover', ({ target }) => {
    if (editor.target || !(target instanceof Element)) return
    const name = target.closest('.name')?.textContent
    lens.show(name ?? undefined, rows.of(target))
  })
}

/** The index in the typed text of the character that was pressed; undefined: beside the text. */
function caretAt({ clientX, clientY }: MouseEvent, { element, expression }: Row): number | undefined {
  const shown = element.querySelector('.expression')
  const position = document.caretPositionFromPoint?.(clientX, clientY)
  if (!shown || !position || !shown.contains(position.offsetNode)) return undefined
  let index = 0
  for (const child of shown.childNodes) {
    if (child.contains(position.offsetNode)) {
      index += child instanceof HTMLElement && child.dataset.typed !== undefined ? 0 : position.offset
      break
    }
    index += lengthOf(child)
  }
  const mark = expression.length - [...shown.childNodes].reduce((sum, child) => sum + lengthOf(child), 0)
  return Math.max(0, index + mark)
}

/** The number of typed characters that a piece of the rendered text represents. */
function lengthOf(child: ChildNode): number {
  if (child instanceof HTMLElement && child.dataset.typed !== undefined) return child.dataset.typed.length
  return child.textContent?.length ?? 0
}
