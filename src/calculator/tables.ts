import type { Generated } from 'kysely'

/** The tables of the calculator as kysely sees them. */

declare module '../storage/tables.ts' {
  interface Tables {
    sheets: SheetsTable
    calculations: CalculationsTable
    bindings: BindingsTable
    sheet_edits: SheetEditsTable
  }
}

/** One person's own sheet, or a room's. */
export interface SheetsTable {
  id: Generated<number>
  user_id: number | null
  room_id: number | null
  rev: Generated<number>
}

export interface CalculationsTable {
  sheet_id: number
  seq: number
  rev: number
  sender_id: number
  client_id: string
  expression: string
  text: string
  /** A JSON number, or a JSON text where the value is no real number. */
  result: string
  /** The value whole, as the evaluator keeps it: what `ans` is for the next line. A definition has none. */
  value: string | null
  /** The name that the line gave a value to. */
  name: string | null
  /** The line's kind; null if it was stored before lines had kinds. */
  kind: string | null
  /** The words before the colon of `Rent: 3 * 400`. */
  label: string | null
  /** 1: the text is not all of the value. */
  rounded: number | null
  /** JSON: how something ambiguous was read, in sentences. */
  notes: string | null
  created_at: string
  /** Lines stand in the order of the code units of this; null in what was stored before, until the sheet is opened. */
  position: string | null
  /** The last `rev` of the edit that the line changed in. */
  until: number | null
  /** The `rev` at which the expression was written. */
  written: number | null
  /** The last person to rewrite the line; null: nobody did. */
  changed_by: number | null
  /** JSON, in place of a result. */
  error: string | null
  removed_at: string | null
}

/** An edit of a sheet, so that it is known when it is sent again, and can be taken back. */
export interface SheetEditsTable {
  sheet_id: number
  until: number
  sender_id: number
  client_id: string
  /** JSON: what each line was and became. */
  revisions: string
  /** The `until` of the edit that took it back. */
  taken_back_by: number | null
}

/** The present meanings of the names of a sheet. */
export interface BindingsTable {
  sheet_id: number
  name: string
  /** The line that said so. */
  seq: number
  stored: string
}
