import type { Database } from '../../storage/index.ts'
import { EditRefused, type Sender, type SheetCommand } from './commands.ts'
import type { OpenDocument } from './documents.ts'
import { editUntil, type KnownEdit, takenBack } from './made-edits.ts'
import { REMEMBERED } from './store-edits.ts'

const NO_SUCH_EDIT = 'You have no edit there that can be undone.'
const NO_SUCH_UNDO = 'You have no undone edit there that can be redone.'

type TakeBack = Extract<SheetCommand, { type: 'undo' | 'redo' }>

/**
 * Finds the edit that an undo or a redo takes back. An edit that was undone and redone counts as its redo.
 * @throws EditRefused
 */
export async function editToTakeBack(
  database: Database,
  { rev, sheet }: OpenDocument,
  sender: Sender,
  { type, until }: TakeBack,
): Promise<KnownEdit> {
  const takenBackBy = await takenBack(database, sheet, sender.id)
  if (type === 'redo' && !isUndo(until, takenBackBy)) throw new EditRefused('not_found', NO_SUCH_UNDO)
  const standing = standingEdit(until, takenBackBy)
  const edit =
    standing <= rev - REMEMBERED ? undefined : await editUntil(database, sheet, sender.id, standing)
  if (!edit) throw new EditRefused('not_found', NO_SUCH_EDIT)
  return edit
}

/** Tells whether an edit is an undo, and not a redo. */
function isUndo(until: number, takenBackBy: ReadonlyMap<number, number>): boolean {
  const takes = new Map([...takenBackBy].map(([edit, by]) => [by, edit]))
  let count = 0
  for (let edit = takes.get(until); edit !== undefined; edit = takes.get(edit)) count += 1
  return count % 2 === 1
}

/** The edit that last made these changes: itself, or the redo of its undo. */
function standingEdit(until: number, takenBackBy: ReadonlyMap<number, number>): number {
  let edit = until
  for (;;) {
    const by = takenBackBy.get(edit)
    const again = by === undefined ? undefined : takenBackBy.get(by)
    if (again === undefined) return edit
    edit = again
  }
}
