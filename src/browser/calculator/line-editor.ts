import { LENGTH } from '../../calculator/language/limits.ts'
import { isComposing } from '../live/composing.ts'
import { Completion, type NameSuggestion } from './completion.ts'
import { type EditorTarget, originalOf } from './editor-target.ts'
import { keptOf, LineKeeper } from './kept-line.ts'
import { LineFeedback } from './line-feedback.ts'
import { pastedLines } from './pasted-lines.ts'
import type { AskedPreview, PreviewAnswer } from './preview-requests.ts'
import type { Row, Rows } from './rows.ts'

export interface PendingText {
  readonly expression: string
  readonly base: number
}

export interface LineEditorOptions {
  /** The key under which the tab keeps what is being written. */
  readonly key: string
  readonly rows: Rows
  readonly names: (beginning: string) => Iterable<NameSuggestion>
  /** One's own change of a line that is on its way to the server, and the `rev` that it was written at. */
  readonly pendingOf: (row: Row) => PendingText | undefined
  /** The text being written; undefined if there is none, or it is unchanged. */
  readonly onDraft: (draft: AskedPreview | undefined) => void
  /** The values that the draft would give. */
  readonly onValues: (values: PreviewAnswer['values']) => void
  readonly onSpoken: (text: string) => void
  /** The line is to be kept. @returns whether that was possible */
  readonly onKeep: (target: EditorTarget, expression: string) => boolean
  /** Several lines were pasted. @returns whether they were taken */
  readonly onPaste: (target: EditorTarget, expressions: readonly string[]) => boolean
  readonly onKey: (event: KeyboardEvent, target: EditorTarget) => void
  readonly onCaret: (input: HTMLInputElement, target: EditorTarget | undefined) => void
}

const TOO_LONG = `A line can have at most ${LENGTH.toLocaleString('en')} characters.`

/** The field for editing a line, in the row of that line. There is one for the whole sheet, which moves from line to line. */
export class LineEditor {
  readonly element = document.createElement('div')
  readonly input = document.createElement('input')
  readonly #options: LineEditorOptions
  readonly #notes = paragraph('note')
  readonly #fault = paragraph('fault')
  /** Stays until one has chosen: what is said about the value takes its turns below. */
  readonly #changed = paragraph('note')
  readonly #caret = document.createElement('pre')
  readonly #feedback: LineFeedback
  readonly #keeper: LineKeeper
  #target: EditorTarget | undefined
  /** Keys of the value that the draft would have, in the row's own column. */
  #value: HTMLElement | undefined
  #wasTyped = false
  #isStopped = false

  constructor(options: LineEditorOptions) {
    this.#options = options
    this.#keeper = new LineKeeper(options.key)
    const list = document.createElement('ul')
    list.id = 'line-completions'
    list.className = 'completions'
    list.role = 'listbox'
    list.ariaLabel = 'Suggestions'
    list.hidden = true
    this.#caret.className = 'caret'
    this.#caret.ariaHidden = 'true'
    this.#caret.hidden = true
    this.#fault.id = 'line-fault'
    this.#changed.role = 'status'
    this.#notes.role = 'status'
    this.#fault.role = 'status'
    const attributes = {
      type: 'text',
      dir: 'ltr',
      autocomplete: 'off',
      autocapitalize: 'none',
      autocorrect: 'off',
      spellcheck: 'false',
      enterkeyhint: 'done',
      'aria-label': 'Line',
      'aria-describedby': 'line-fault',
    }
    for (const [name, value] of Object.entries(attributes)) this.input.setAttribute(name, value)
    this.element.className = 'line-editor'
    this.element.append(this.input, list, this.#caret, this.#fault, this.#changed, this.#notes)
    // Before the line's own keys: what completes a word takes its keys first.
    new Completion(this.input, list, options.names)
    this.#feedback = new LineFeedback(
      { input: this.input, notes: this.#notes, fault: this.#fault, caret: this.#caret },
      {
        locale: options.rows.locale,
        onValue: (value, answer) => this.#showValue(value, answer),
        onSpoken: options.onSpoken,
      },
    )
    this.input.addEventListener('input', () => this.#typed())
    this.input.addEventListener('keydown', (event) => {
      if (this.#target && !isComposing(event)) options.onKey(event, this.#target)
    })
    this.input.addEventListener('paste', (event) => this.#paste(event))
    for (const sign of ['keyup', 'click', 'input'])
      this.input.addEventListener(sign, () => options.onCaret(this.input, this.#target))
    this.element.addEventListener('focusout', () => {
      // A row that moves takes the focus with it, and another window only borrows it.
      queueMicrotask(() => {
        // Beside a talk, the sheet is in a frame of its page: who writes there has left the line.
        if (!(window.top ?? window).document.hasFocus()) return
        // From the list of names, and from a dialog, one comes back.
        if (document.activeElement?.closest('#names-panel, dialog')) return
        if (!document.hasFocus() || !this.element.contains(document.activeElement)) this.close(true)
      })
    })
    options.rows.decorate((row) => this.#rowChanged(row))
  }

  get target(): EditorTarget | undefined {
    return this.#target
  }

  /** True if the browser has typing to undo, even in a new line that was emptied again. */
  get canUndoTyping(): boolean {
    return this.isChanged || (this.#target !== undefined && this.#wasTyped && this.input.value === '')
  }

  /** True if something was typed and not kept. */
  get isChanged(): boolean {
    return this.#target !== undefined && this.input.value !== originalOf(this.#target)
  }

  /**
   * @param caret where it stands; undefined: at the end
   * @returns false when the line that is written now cannot be kept, and stays open
   */
  open(row: Row, caret?: number): boolean {
    if (this.#target?.kind === 'line' && this.#target.row === row) return true
    if (this.#isStopped || !this.leave()) return false
    const { rows, pendingOf } = this.#options
    const { expression, base } = pendingOf(row) ?? { expression: row.expression, base: rows.rev }
    this.#begin({ kind: 'line', row, original: expression, base }, row.element)
    this.#setCaret(caret)
    return true
  }

  /** Begins a new line, unless the one that is written now cannot be kept. @param before the line below it; null: at the end */
  openNew(before: number | null, expression = ''): void {
    if (this.#isStopped || !this.leave()) return
    const element = document.createElement('div')
    element.className = 'line ghost'
    element.role = 'listitem'
    element.dataset.before = before === null ? '' : String(before)
    const answer = document.createElement('div')
    answer.className = 'answer'
    element.append(answer)
    this.#begin({ kind: 'new', before, element }, element)
    if (expression) {
      this.input.value = expression
      this.#typed()
    }
    this.#setCaret(undefined)
  }

  /** Brings back what was being written when the tab was ended without the page being left. */
  restore(): void {
    const kept = this.#keeper.read()
    if (!kept || this.#target || this.#isStopped) return
    const row = kept.kind === 'line' ? this.#options.rows.find(kept.seq) : undefined
    if (kept.kind === 'line' && row) {
      if (row.expression === kept.expression) return this.#keeper.keep(undefined)
      const { base, original } = kept
      this.#begin({ kind: 'line', row, original, base }, row.element)
    } else {
      const before = kept.kind === 'new' && kept.before !== null ? kept.before : undefined
      this.openNew(before !== undefined && this.#options.rows.find(before) ? before : null)
    }
    this.input.value = kept.expression
    this.#written()
    if (row) this.#rowChanged(row)
    this.#setCaret(undefined)
  }

  /**
   * The page is left, and so is the line. A text that was only brought back stays with the tab: where the tab was duplicated,
   * its line would be sent twice.
   */
  leavePage(): void {
    if (this.#wasTyped || !this.isChanged) this.close(true)
  }

  /** Puts a text where the caret is. */
  insert(text: string): void {
    const { selectionStart, selectionEnd, value } = this.input
    this.input.setRangeText(text, selectionStart ?? value.length, selectionEnd ?? value.length, 'end')
    this.input.dispatchEvent(new Event('input', { bubbles: true }))
    this.input.focus()
  }

  /** Keeps what was written, and goes on writing. @returns whether it could be kept */
  keep(): boolean {
    const target = this.#target
    if (!target || !this.isChanged) return true
    const expression = this.input.value
    if ([...expression].length > LENGTH) {
      this.#feedback.showFault(TOO_LONG)
      return false
    }
    if (!this.#options.onKeep(target, expression)) return false
    if (target.kind === 'line') target.original = expression
    this.#keeper.keep(undefined)
    return true
  }

  /** Keeps what was written and closes. @returns false when it cannot be kept: one goes on writing in it */
  leave(): boolean {
    if (this.close(true)) return true
    this.input.focus()
    return false
  }

  /**
   * @param isKept whether what was written is kept, or given up
   * @returns false when it cannot be kept, and the line stays open
   */
  close(isKept: boolean): boolean {
    const target = this.#target
    if (!target) return true
    if (isKept && !this.keep()) return false
    this.#target = undefined
    this.#keeper.keep(undefined)
    this.#options.onDraft(undefined)
    this.#options.onValues([])
    this.#options.onCaret(this.input, undefined)
    this.#feedback.clear()
    this.#changed.textContent = ''
    this.#value?.remove()
    if (target.kind === 'new') target.element.remove()
    else target.row.element.classList.remove('editing', 'valued')
    this.element.remove()
    return true
  }

  /** Ends writing for good. */
  stop(): void {
    this.close(true)
    this.#isStopped = true
    // A text that could not be kept can still be copied.
    this.input.readOnly = true
  }

  answered(answer: PreviewAnswer): void {
    if (this.#target && this.isChanged) this.#feedback.answered(answer)
  }

  /** Closes a line that somebody removed: not every browser tells that the focus was in it. */
  leaveRemoved(): void {
    const target = this.#target
    if (target?.kind !== 'line' || this.#options.rows.find(target.row.seq) === target.row) return
    if (this.close(true)) return
    const text = this.input.value
    this.close(false)
    this.openNew(null, text)
  }

  /** Lines changed: a new line stays above the line that it was begun above. */
  settle(): void {
    const target = this.#target
    const { rows } = this.#options
    if (target?.kind !== 'new') return
    const below = target.before === null ? undefined : rows.find(target.before)
    if (target.before !== null && !below) {
      // That line was removed: the next one takes its part.
      const next = target.element.nextElementSibling
      const row = rows.of(next)
      target.before = row?.seq ?? null
      target.element.dataset.before = row ? String(row.seq) : ''
      return
    }
    const anchor = below?.element ?? null
    if (target.element.isConnected && target.element.nextElementSibling === anchor) return
    const { selectionStart, selectionEnd } = this.input
    rows.element.insertBefore(target.element, anchor)
    this.input.focus({ preventScroll: true })
    this.input.setSelectionRange(selectionStart, selectionEnd)
  }

  #begin(target: EditorTarget, element: HTMLElement): void {
    this.#target = target
    this.input.value = originalOf(target)
    this.#wasTyped = false
    element.classList.add('editing')
    element.append(this.element)
    if (target.kind === 'new') this.settle()
    this.#showStored()
    // After the row is where it belongs: an element that is moved loses the focus.
    this.input.focus({ preventScroll: true })
    element.scrollIntoView({ block: 'nearest' })
  }

  #setCaret(caret: number | undefined): void {
    const at = Math.min(caret ?? this.input.value.length, this.input.value.length)
    this.input.setSelectionRange(at, at)
    const target = this.#target
    this.#options.onCaret(this.input, target)
  }

  #typed(): void {
    const target = this.#target
    if (!target) return
    this.#wasTyped = true
    this.#written()
  }

  #written(): void {
    const target = this.#target
    if (!target) return
    this.#feedback.typed()
    const expression = this.input.value
    this.#keeper.keep(this.isChanged ? keptOf(target, expression) : undefined)
    if ([...expression].length > LENGTH) return this.#feedback.showFault(TOO_LONG)
    if (!this.isChanged) {
      this.#feedback.clear()
      this.#showStored()
      this.#options.onValues([])
      return this.#options.onDraft(undefined)
    }
    const place = target.kind === 'line' ? { seq: target.row.seq } : { before: target.before }
    this.#options.onDraft({ expression, ...place })
  }

  /** As long as nothing is changed in a line, what is wrong with it stays. */
  #showStored(): void {
    const target = this.#target
    if (target?.kind !== 'line' || this.isChanged || target.original !== target.row.expression) return
    this.#feedback.showStored(target.row)
  }

  #showValue(value: HTMLElement | undefined, answer: PreviewAnswer | undefined): void {
    const target = this.#target
    this.#value?.remove()
    this.#value = value
    value?.classList.add('written-value')
    if (!target) return
    const row = target.kind === 'line' ? target.row.element : target.element
    const answerElement = row.querySelector(':scope > .answer')
    row.classList.toggle('valued', value !== undefined)
    if (value) answerElement?.append(value)
    this.#options.onValues(answer?.values ?? [])
  }

  #rowChanged(row: Row): void {
    const target = this.#target
    if (target?.kind !== 'line' || target.row !== row) return
    row.element.classList.add('editing')
    if (this.#value) {
      row.element.classList.add('valued')
      row.element.querySelector(':scope > .answer')?.append(this.#value)
    }
    if (row.expression === target.original) {
      target.base = row.rev
      this.#showStored()
      this.#changed.textContent = ''
      return
    }
    if (this.#options.pendingOf(row)?.expression === target.original) return
    if (this.input.value === target.original) {
      const { selectionStart, selectionEnd } = this.input
      this.input.value = row.expression
      this.input.setSelectionRange(selectionStart, selectionEnd)
      target.base = row.rev
      target.original = row.expression
      this.#showStored()
    } else if (this.input.value === row.expression) {
      target.base = row.rev
      target.original = row.expression
      this.#changed.textContent = ''
    } else {
      const writer = row.element.querySelector('.author .sender')?.textContent ?? 'Somebody'
      this.#changed.textContent = `${writer} changed this line to: ${row.expression}`
    }
  }

  #paste(event: ClipboardEvent): void {
    const target = this.#target
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (!target || !/[\r\n]/.test(text.trim())) return
    event.preventDefault()
    const expressions = pastedLines(text, this.input)
    if (!this.#options.onPaste(target, expressions)) return
    // The pasted lines are kept already.
    if (target.kind === 'line') target.original = expressions[0] ?? ''
    this.input.value = originalOf(target)
    const { rows } = this.#options
    const before = target.kind === 'new' ? target.before : (rows.seqBelow(target.row) ?? null)
    this.close(false)
    this.openNew(before)
  }
}

function paragraph(className: string): HTMLElement {
  const element = document.createElement('p')
  element.className = className
  return element
}
