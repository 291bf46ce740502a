/** Makes it safe to send an edit again: finds whether it was made before, and the lines that it inserted. */

import { randomUUIDv7 } from 'node:crypto'
import type { Database, GatheredLookUps } from '../../storage/index.ts'
import { type AskedEdit, changesOf, type Edited, EditRefused, type LineChange } from './commands.ts'
import type { OpenDocument } from './documents.ts'
import type { Line } from './line.ts'
import { type AddedLine, idsInUse } from './line-rows.ts'
import { editWithId } from './made-edits.ts'

/** Where an edit is looked up that may have been made. */
export interface LookUps {
  readonly database: Database
  /** Finds lines that were added before. */
  readonly added: GatheredLookUps<AddedLine, Line | undefined>
  readonly open: OpenDocument
}

/** Returns what became of an edit that was made before, or undefined. */
export async function findMade(
  { database, added, open: { sheet, rev } }: LookUps,
  { sender, command, id }: AskedEdit,
): Promise<Edited | undefined> {
  const line = await added.find({ sheet, sender: sender.id, id })
  if (command.type === 'append') return line && { rev: line.until, repeat: true, line }
  const edit = await editWithId(database, sheet, sender.id, id)
  if (edit) return { rev: edit.until, repeat: true }
  // A line that was inserted with others, or so long ago that its edit is forgotten.
  return line && { rev, repeat: true }
}

/**
 * Returns the changes of an edit with an id for each line that they insert; a line that is inserted alone goes by the id of its
 * command.
 * @throws EditRefused where an id stands for two lines
 */
export async function withIds(
  database: Database,
  sheet: number,
  { sender, command, id }: AskedEdit,
): Promise<readonly LineChange[]> {
  const changes = changesOf(command)
  const isAlone = changes.length === 1
  const given = changes.flatMap((change) => (change.type === 'insert' && change.id ? [change.id] : []))
  const used = new Set(await idsInUse(database, sheet, sender.id, given))
  return changes.map((change, index) => {
    if (change.type !== 'insert') return change
    const own = change.id ?? (isAlone ? id : randomUUIDv7())
    if (used.has(own))
      throw new EditRefused(
        'invalid',
        `Another line already has the id ${own}.`,
        command.type === 'edit' ? { index } : {},
      )
    used.add(own)
    return { ...change, id: own }
  })
}
