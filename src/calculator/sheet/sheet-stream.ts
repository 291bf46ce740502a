import type { StreamKind, StreamRow } from '../../streams/index.ts'
import { fingerprint, frameOf, type Line } from './line.ts'
import { countChanged, linesAfter, standingAt } from './line-rows.ts'
import { sheetTable } from './sheets.ts'
import { type SheetChange, type Stored, storeChanges } from './store-edits.ts'

/** Sheets as streams: a command is the result of some edits, and each line that it changes is a change. */
export const sheets: StreamKind<StreamRow, SheetChange, Stored, Line> = {
  name: 'calculator',
  table: sheetTable,
  group: (sheet) => `sheet.${sheet}`,
  apply: storeChanges,
  changes: linesAfter,
  standing: standingAt,
  countChanged,
  fingerprint,
  frame: frameOf,
}
