import type { EditorTarget } from './editor-target.ts'
import type { Edits } from './edits.ts'
import type { LineEditor } from './line-editor.ts'
import type { NameLens } from './name-lens.ts'
import type { Row, Rows } from './rows.ts'

export interface LineKeysOptions {
  readonly rows: Rows
  readonly editor: LineEditor
  readonly edits: Edits
  readonly lens: NameLens
  readonly onRename: (name: string) => void
  /** Beyond the last line. */
  readonly onEnd: () => void
  /** Tells whether the browser can take back what was typed in the last line. */
  readonly canUndoTyping: () => boolean
}

/** The keys for moving through a sheet and changing it. Tab needs no code to go from line to line. */
export class LineKeys {
  readonly #options: LineKeysOptions

  constructor(options: LineKeysOptions) {
    this.#options = options
    const { rows, editor } = options
    rows.decorate((row) => {
      row.element.tabIndex = -1
      const text = row.element.querySelector<HTMLElement>('.text')
      if (text) text.tabIndex = 0
    })
    rows.element.addEventListener('focusin', ({ target }) => {
      const row = target instanceof Element && target.matches('.text') ? rows.of(target) : undefined
      if (row) editor.open(row)
    })
    rows.element.addEventListener('keydown', (event) => {
      const row =
        event.target instanceof Element && event.target.matches('.line') ? rows.of(event.target) : undefined
      if (row) this.#onRow(event, row)
    })
    document.addEventListener('keydown', (event) => this.#anywhere(event))
  }

  /** Chooses a row, without writing in it. */
  focus(row: Row): void {
    row.element.focus({ preventScroll: true })
  }

  /** Removes a line, and chooses the one beside it. */
  remove(row: Row): void {
    const { rows, edits, onEnd } = this.#options
    const neighbour = rows.below(row) ?? rows.above(row)
    if (!edits.remove(row.seq)) return
    if (neighbour) this.focus(neighbour)
    else onEnd()
  }

  /** Moves a line past its neighbour. */
  move(row: Row, direction: 'up' | 'down'): void {
    const { rows, edits } = this.#options
    const neighbour = direction === 'up' ? rows.above(row) : rows.below(row)
    if (!neighbour) return
    const before = direction === 'up' ? neighbour.seq : rows.seqBelow(neighbour)
    if (before !== undefined) edits.move(row.seq, before)
  }

  /** A key in a line that is written. */
  inLine(event: KeyboardEvent, target: EditorTarget): void {
    if (event.altKey && !event.ctrlKey && !event.metaKey) return this.#withAlt(event, target)
    if (event.ctrlKey || event.metaKey) return this.#withControl(event)
    const act = {
      Enter: () => this.#enter(target),
      Escape: () => this.#giveUp(target),
      ArrowUp: () => this.#walk(target, 'up'),
      ArrowDown: () => this.#walk(target, 'down'),
      Backspace: this.#options.editor.input.value === '' ? () => this.#removeEmpty(target) : undefined,
      F2: () => this.#rename(target),
      F12: () => (event.shiftKey ? this.#options.lens.goToNextUse() : this.#options.lens.goToDefinition()),
    }[event.key]
    if (!act) return
    event.preventDefault()
    // A key that is held down adds or removes one line, not one after the other.
    if (!event.repeat || event.key.startsWith('Arrow')) act()
  }

  #withAlt(event: KeyboardEvent, target: EditorTarget): void {
    const direction = directionOf(event.key)
    if (!direction || target.kind !== 'line') return
    event.preventDefault()
    if (this.#options.editor.keep()) this.move(target.row, direction)
  }

  /** While something is typed, the browser takes back what was typed. */
  #withControl(event: KeyboardEvent): void {
    const { editor, edits } = this.#options
    const change = undoOf(event)
    if (!change || editor.canUndoTyping) return
    event.preventDefault()
    event.stopPropagation()
    if (!event.repeat) edits[change]()
  }

  #enter(target: EditorTarget): void {
    const { editor, edits, rows } = this.#options
    const before = target.kind === 'new' ? target.before : rows.seqBelow(target.row)
    // An empty line parts what totals add up.
    if (target.kind === 'new' && !editor.isChanged) edits.insert('', target.before)
    else if (!editor.keep()) return
    editor.close(false)
    if (before !== undefined) editor.openNew(before)
    else if (target.kind === 'line') this.focus(target.row)
  }

  #giveUp(target: EditorTarget): void {
    const { editor, rows, onEnd } = this.#options
    const row = target.kind === 'line' ? target.row : this.#aboveNew(target.before)
    editor.close(false)
    if (row && rows.find(row.seq)) this.focus(row)
    else onEnd()
  }

  #walk(target: EditorTarget, direction: 'up' | 'down'): void {
    const { editor, rows, onEnd } = this.#options
    const caret = editor.input.selectionStart ?? undefined
    const above = target.kind === 'line' ? rows.above(target.row) : this.#aboveNew(target.before)
    const below = target.kind === 'line' ? rows.below(target.row) : rows.find(target.before ?? 0)
    const there = direction === 'up' ? above : below
    if (there) editor.open(there, caret)
    else if (direction === 'down' && editor.leave()) onEnd()
  }

  #removeEmpty(target: EditorTarget): void {
    const { editor, edits, rows, onEnd } = this.#options
    const above = target.kind === 'line' ? rows.above(target.row) : this.#aboveNew(target.before)
    editor.close(false)
    if (target.kind === 'line') edits.remove(target.row.seq, target.base)
    if (above) editor.open(above)
    else onEnd()
  }

  #rename({ kind }: EditorTarget): void {
    const { lens, editor, onRename } = this.#options
    const { name } = lens
    if (name !== undefined && (kind === 'line' ? editor.keep() : editor.leave())) onRename(name)
  }

  #aboveNew(before: number | null): Row | undefined {
    const { rows } = this.#options
    const below = before === null ? undefined : rows.find(before)
    return below ? rows.above(below) : rows.last
  }

  /** A key on a row that is chosen and not written in. */
  #onRow(event: KeyboardEvent, row: Row): void {
    const { editor, rows, onRename, onEnd } = this.#options
    const direction = directionOf(event.key)
    if (event.ctrlKey || event.metaKey) return
    if (event.altKey && !direction) return
    const isTyped = event.key.length === 1 && !event.altKey
    if (direction && event.altKey) this.move(row, direction)
    else if (direction) {
      const there = direction === 'up' ? rows.above(row) : rows.below(row)
      if (there) this.focus(there)
      else if (direction === 'down') onEnd()
      there?.element.scrollIntoView({ block: 'nearest' })
    } else if (event.key === 'Enter') editor.open(row)
    else if (event.key === 'Delete') {
      if (!event.repeat) this.remove(row)
    } else if (event.key === 'F2' && rows.names.isDefined(row.called)) onRename(row.called)
    else if (event.key === 'ArrowRight') row.element.querySelector<HTMLElement>('.value')?.focus()
    else if (isTyped && event.key !== ' ') {
      // The key itself is typed into the line.
      if (editor.open(row)) return
    } else return
    event.preventDefault()
  }

  /** Undo and redo, where nothing is written that the browser could take back. */
  #anywhere(event: KeyboardEvent): void {
    const { edits, editor, canUndoTyping } = this.#options
    const { target } = event
    const change = undoOf(event)
    if (!change || event.defaultPrevented || editor.canUndoTyping) return
    if (target instanceof HTMLInputElement && (target.value !== '' || canUndoTyping())) return
    if (target instanceof Element && target.closest('dialog')) return
    event.preventDefault()
    if (!event.repeat) edits[change]()
  }
}

function directionOf(key: string): 'up' | 'down' | undefined {
  return key === 'ArrowUp' ? 'up' : key === 'ArrowDown' ? 'down' : undefined
}

function undoOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): 'undo' | 'redo' | undefined {
  if (altKey || !(ctrlKey || metaKey)) return undefined
  if (key.toLowerCase() === 'z') return shiftKey ? 'redo' : 'undo'
  return key.toLowerCase() === 'y' ? 'redo' : undefined
}
