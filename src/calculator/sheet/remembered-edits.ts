import { randomUUIDv7 } from 'node:crypto'
import type { AskedEdit, Revision } from './commands.ts'
import type { Recalculation } from './document/recalculation.ts'
import type { KnownEdit } from './made-edits.ts'
import type { IdentifiedRevision, SheetEdit } from './sheet-edit.ts'
import type { MadeEdit } from './store-edits.ts'

/** An edit that is in the document, and not yet on disk. */
export interface Planned<Asked extends AskedEdit> {
  readonly waiting: Asked
  readonly edit: SheetEdit
  /** As the edit left them: another one of the batch may go on from there. */
  readonly revisions: SheetEdit['revisions']
  readonly takesBack: KnownEdit | undefined
  /** The lines to calculate if it is the only edit. */
  readonly recalculation: Recalculation
}

/**
 * The records of edits that were made together. Where nothing depends on any of them each ends by itself; else they end
 * together, since what was calculated anew belongs to all.
 * @param count how many lines change
 * @param written how many of them the edits write
 */
export function remembered(edits: readonly Planned<AskedEdit>[], count: number, written: number): MadeEdit[] {
  return count > written ? endingTogether(edits, count) : endingByThemselves(edits)
}

function endingByThemselves(edits: readonly Planned<AskedEdit>[]): MadeEdit[] {
  let ends = 0
  return edits.map(({ waiting, revisions, takesBack }) => {
    ends += revisions.length
    const isKnownByLine = waiting.command.type === 'append'
    return {
      senderId: waiting.sender.id,
      id: waiting.id,
      revisions: isKnownByLine ? revisions : revisions.map(withoutId),
      takesBack,
      ends,
      isKnownByLine,
    }
  })
}

function endingTogether(edits: readonly Planned<AskedEdit>[], ends: number): MadeEdit[] {
  const made = new Map<number | Planned<AskedEdit>, MadeEdit>()
  for (const planned of edits) {
    const { waiting, takesBack } = planned
    const isAppended = waiting.command.type === 'append'
    // Lines that one person appended, and that end together, are taken back together.
    const key = isAppended ? waiting.sender.id : planned
    const before = made.get(key)?.revisions ?? []
    made.set(key, {
      senderId: waiting.sender.id,
      // A line that was appended is found by its own id.
      id: isAppended ? randomUUIDv7() : waiting.id,
      revisions: [...before, ...planned.revisions.map(withoutId)],
      takesBack,
      ends,
      isKnownByLine: false,
    })
  }
  return [...made.values()]
}

function withoutId({ seq, from, to }: IdentifiedRevision): Revision {
  return { seq, from, to }
}
