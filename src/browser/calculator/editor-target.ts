import type { Row } from './rows.ts'

/** A line that is written: one of the sheet, or one that is not there yet. */
export type EditorTarget =
  | { readonly kind: 'line'; readonly row: Row; original: string; base: number }
  | { readonly kind: 'new'; before: number | null; readonly element: HTMLElement }

/** The text that a line had before it was written in; a new line had none. */
export function originalOf(target: EditorTarget): string {
  return target.kind === 'line' ? target.original : ''
}
