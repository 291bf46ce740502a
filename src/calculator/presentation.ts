import {
  type Avatar,
  avatarOf,
  codeParts,
  type FailureView,
  type PersonName,
  personName,
  type TextParts,
} from '../web/presentation.ts'
import { definedName, type LinePart, partsOf, type SheetNames } from './line-presentation.ts'
import type { ResultFrame } from './protocol.ts'
import { valueText } from './value-presentation.ts'

/**
 * How values are used on a page: by a script, which also brings the focus to them; by the page's form, as without scripts; or not at
 * all, since nothing is written there.
 */
export type ValueUse = 'script' | 'form' | 'none'

export interface ValueView {
  /** For the styles: numbers stand in a column, `long` values below their line, a `function` is no number. */
  readonly kind: 'number' | 'text' | 'long' | 'function'
  /** The part of a number before its decimal point; any other value in full, a matrix row by row. */
  readonly whole: string
  /** The decimal point and what stands behind it, with the unit. */
  readonly rest: string
  /** True if the text is not the whole value: `≈` stands before it. */
  readonly rounded: boolean
  /** The text as it is stored. */
  readonly plain: string
  /** The text to insert into another line: the name that this line defines, or a reference to it. */
  readonly inserted: string
  /** The text to copy: all digits that are known. */
  readonly copied: string
  readonly use: ValueUse
}

/** The text of a line as `views/calculator/parts.eta` shows it. */
export interface TextView {
  readonly parts: readonly LinePart[]
}

/** A line as `views/calculator/line.eta` shows it. */
export interface LineView extends TextView {
  /** The place of the line on the sheet; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number; readonly position: string } | undefined
  readonly id: string
  /** The page on which it is changed where there is no JavaScript; undefined: there is none. */
  readonly page: string | undefined
  /** The person who wrote it last; undefined on one's own sheet. */
  readonly author: { readonly name: PersonName; readonly avatar: Avatar } | undefined
  readonly own: boolean
  readonly kind: 'calculation' | 'heading' | 'comment' | 'blank'
  /** True if it adds up, or counts, the values above it. */
  readonly isTotal: boolean
  /** The line as it was typed. */
  readonly typed: string
  /** The mark of a heading or comment, which is not shown. */
  readonly mark: string
  /** Undefined: not calculated yet. */
  readonly value: ValueView | undefined
  /** Explanations of how ambiguous input was read. */
  readonly notes: readonly TextParts[]
  /** The error, in place of a value. */
  readonly fault: TextParts | undefined
  /** The state of a line that is not stored: on its way, or refused. */
  readonly state: 'pending' | 'failed' | undefined
  readonly failure: FailureView | undefined
}

/** The reader and the place for which lines are rendered. */
export interface SheetView extends SheetNames {
  /** The reader's username. */
  readonly viewer: string
  /** True for a room's sheet. */
  readonly isShared: boolean
  /** Such as `/rooms/lobby/calculator`. */
  readonly path: string
  /** The language in which the reader writes numbers. */
  readonly locale: string
  readonly use: ValueUse
}

/** How values are used on a page that the server renders. @param room undefined for one's own sheet */
export function useOfValues(room: { readonly archived: boolean } | undefined): ValueUse {
  return room?.archived ? 'none' : 'form'
}

/** A stored line, as a reader sees it. */
export function lineView(line: ResultFrame, sheet: SheetView): LineView {
  const { seq, rev, id, position } = line
  const { name, displayName, picture } = authorOf(line)
  const own = name === sheet.viewer
  return {
    place: { seq, rev, position },
    id,
    page: `${sheet.path}/lines/${seq}`,
    author: sheet.isShared
      ? { name: personName(name, displayName), avatar: avatarOf(name, own, displayName, picture) }
      : undefined,
    own,
    ...expressionView(line, sheet),
    value: line.text ? valueView(line, line.text, sheet) : undefined,
    notes: (line.notes ?? []).map(codeParts),
    fault: line.error && codeParts(line.error.message),
    state: undefined,
    failure: undefined,
  }
}

/** A line that is not stored yet. @param author undefined on one's own sheet */
export function pendingView(
  { id, expression }: { readonly id: string; readonly expression: string },
  author: LineView['author'],
  failure: FailureView | undefined,
): LineView {
  return {
    place: undefined,
    id,
    page: undefined,
    author,
    own: true,
    ...textView(expression),
    value: undefined,
    notes: [],
    fault: undefined,
    state: failure ? 'failed' : 'pending',
    failure,
  }
}

/** The names and values of lines, by which others refer to them. */
export function namesOf(lines: readonly ResultFrame[]): SheetNames {
  const names = new Set(lines.map(({ expression = '' }) => definedName(expression)))
  const bySeq = new Map(lines.map((line) => [line.seq, line]))
  return {
    isDefined: (name) => names.has(name),
    called: (seq) => {
      const line = bySeq.get(seq)
      return line && callOf(line)
    },
  }
}

/** The name by which another line refers to a line. */
export function callOf({
  expression = '',
  label,
  text,
}: Pick<ResultFrame, 'expression' | 'label' | 'text'>): string {
  return definedName(expression) ?? label ?? (text || expression)
}

const MARKS = { heading: /^\s*#+\s*/, comment: /^\s*\/\/\s*/ }
const TOTAL = /^\s*(?:sum|total|average|count|min|max)\s*$/i

type Shown = Pick<LineView, 'kind' | 'isTotal' | 'parts' | 'typed' | 'mark'>

function expressionView(line: ResultFrame, names: SheetNames): Shown {
  const { expression = '', kind, label, error } = line
  if (kind === 'heading' || kind === 'comment' || kind === 'blank') return textView(expression)
  const colon = label === undefined ? 0 : expression.indexOf(':') + 1
  return {
    kind: 'calculation',
    isTotal: TOTAL.test(expression.slice(colon)),
    parts: partsOf(expression, colon, names, error?.position),
    typed: expression,
    mark: '',
  }
}

/** A line without values: a heading, a comment, or one that is not calculated yet. */
function textView(expression: string): Shown {
  const kind = (['heading', 'comment'] as const).find((kind) => MARKS[kind].test(expression))
  const mark = kind === undefined ? '' : (MARKS[kind].exec(expression)?.[0] ?? '')
  return {
    kind: kind ?? (expression.trim() === '' ? 'blank' : 'calculation'),
    isTotal: false,
    parts: partsOf(expression.slice(mark.length), 0, NO_NAMES),
    typed: expression,
    mark,
  }
}

const NO_NAMES: SheetNames = { isDefined: () => false, called: () => undefined }

interface LineAuthor {
  readonly name: string
  readonly displayName: string | undefined
  readonly picture: string | undefined
}

/** The person who wrote a line last, with a name and a picture of their own, if they have them. */
export function authorOf(line: ResultFrame): LineAuthor {
  if (line.changed_by === undefined)
    return { name: line.sender, displayName: line.sender_name, picture: line.sender_picture }
  return { name: line.changed_by, displayName: line.changed_by_name, picture: line.changed_by_picture }
}

/** Characters that still stand beside their line. */
const SHORT = 40

/** A line with its value, as it is posted to the talk. */
export function postedText(expression: string, text: string, rounded: boolean): string {
  return `${expression} ${rounded ? '≈' : '='} ${text}`
}

const FUNCTION = /^([\p{L}_][\p{L}\p{M}\p{N}_]*\([^=]*\))\s*=/u

/** A value as shown in its column. */
export function valueView(
  { seq, expression = '', result, rounded }: Pick<ResultFrame, 'seq' | 'expression' | 'result' | 'rounded'>,
  text: string,
  { locale, use }: Pick<SheetView, 'locale' | 'use'>,
): ValueView {
  // More digits of a rounded number are in the frame's `result`. Another value is copied as it was written: 0xff, 1/3, 15%.
  const copied = rounded && typeof result === 'number' ? String(result) : text
  const inserted = definedName(expression) ?? `line${seq}`
  const about = { plain: text, inserted, copied, use, rounded: rounded === true }
  const [, header] = FUNCTION.exec(text) ?? []
  if (header !== undefined) return { ...about, kind: 'function', whole: header, rest: '' }
  if (text.length > SHORT)
    return {
      ...about,
      kind: 'long',
      whole: text.startsWith('[[') ? text.replaceAll('], [', '],\n [') : text,
      rest: '',
    }
  const number = valueText(text, locale)
  return number ? { ...about, kind: 'number', ...number } : { ...about, kind: 'text', whole: text, rest: '' }
}
