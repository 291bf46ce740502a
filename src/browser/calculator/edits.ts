import { v7 } from 'uuid'
import type { Draft, DraftCommand } from '../live/draft-store.ts'
import type { ServerObject } from '../live/frames.ts'
import { type Outbox, WAITING } from '../live/outbox.ts'
import type { Rows } from './rows.ts'
import type { UndoHistory } from './undo-history.ts'

export interface EditsOptions {
  readonly rows: Rows
  readonly history: UndoHistory
  readonly outbox: () => Outbox
  /** Something to be said that does not stand in a line. */
  readonly onNote: (text: string) => void
}

/** Changes of one edit, and characters of its frame, that the server takes. */
const CHANGES = 500
const CHARACTERS = 50_000

/** What one changes on the sheet: it goes through the outbox, so that a lost connection or a reload loses nothing. */
export class Edits {
  readonly #options: EditsOptions
  /** The last `rev` that one's own edit of a line ended at: what one has written oneself is no conflict. */
  readonly #ownRevs = new Map<number, number>()
  /** What is to be taken back, or done again, once what was written before is on disk and in the history. */
  readonly #steps: ('undo' | 'redo')[] = []

  constructor(options: EditsOptions) {
    this.#options = options
  }

  /** @param base the `rev` that was shown when the writing began */
  set(seq: number, expression: string, base: number): boolean {
    return this.#add(expression, { type: 'set', seq, expression, base })
  }

  /** @param before the line below the new one; null: it stands at the end */
  insert(expression: string, before: number | null): boolean {
    return this.#add(expression, { type: 'insert', expression, before })
  }

  move(seq: number, before: number | null): boolean {
    return this.#add('', { type: 'move', seq, before })
  }

  /** @param base the `rev` of the text that is removed */
  remove(seq: number, base = this.#options.rows.rev): boolean {
    return this.#add(this.#options.rows.find(seq)?.expression ?? '', { type: 'remove', seq, base })
  }

  rename(from: string, to: string): boolean {
    return this.#add('', { type: 'rename', from, to })
  }

  /**
   * Writes several lines as one edit.
   * @param into the line that the first one is put in the place of
   */
  insertAll(
    expressions: readonly string[],
    before: number | null,
    into?: { readonly seq: number; readonly base: number },
  ): boolean {
    const changes = expressions.map((expression, index) =>
      index === 0 && into
        ? { type: 'set', ...into, expression }
        : { type: 'insert', expression, before, id: v7() },
    )
    if (changes.length > CHANGES || JSON.stringify(changes).length > CHARACTERS) {
      this.#options.onNote(`Put in up to ${CHANGES} lines at once, and fewer if they are long.`)
      return false
    }
    return this.#add(expressions.join('\n'), { type: 'edit', changes })
  }

  undo(): void {
    this.#steps.push('undo')
    this.goOn()
  }

  redo(): void {
    this.#steps.push('redo')
    this.goOn()
  }

  /** Takes the next step of undo and redo, unless something is still on its way. */
  goOn(): void {
    if (this.#steps.length === 0 || this.#options.outbox().isSending) return
    const type = this.#steps.shift()
    const { history, onNote } = this.#options
    const rev = type === 'undo' ? history.takeDone() : history.takeUndone()
    if (type && rev !== undefined) this.#add('', { type, rev })
    else {
      this.#steps.length = 0
      onNote(`There is nothing to ${type}`)
    }
  }

  /** A draft as the server takes it. */
  frameOf({ id, text, command }: Draft): object {
    if (!command) return { expression: text, id }
    const own = typeof command.seq === 'number' ? this.#ownRevs.get(command.seq) : undefined
    return {
      ...command,
      ...(typeof command.base === 'number' && own && { base: Math.max(command.base, own) }),
      id,
    }
  }

  /** An edit is on disk. */
  done({ id, rev }: ServerObject): void {
    const outbox = this.#options.outbox()
    const command = outbox.find(String(id))?.command
    if (!command || typeof rev !== 'number') return
    const { history, onNote } = this.#options
    if (command.type === 'undo') history.undid(rev)
    else if (command.type === 'redo') history.redid(rev)
    else history.made(rev)
    if (typeof command.seq === 'number') this.#ownRevs.set(command.seq, rev)
    if (command.type === 'undo') onNote('Undone')
    outbox.acknowledge(new Set([String(id)]))
  }

  /** @returns whether the frame is about an edit */
  refused({ id, code, error, retry_after: wait, rev, expression, removed }: ServerObject): boolean {
    const outbox = this.#options.outbox()
    const draft = outbox.find(String(id))
    if (!draft?.command) return false
    const { type } = draft.command
    if (typeof wait === 'number') outbox.refuse(draft.id, String(error), wait)
    else if (['set', 'insert', 'remove', 'edit'].includes(type)) {
      const conflict = code === 'conflict' && typeof rev === 'number'
      outbox.refuse(
        draft.id,
        String(error),
        undefined,
        conflict ? { rev, expression: String(expression ?? ''), removed: removed === true } : undefined,
      )
    } else {
      outbox.discard(draft.id)
      const what = { undo: 'This cannot be undone', redo: 'This cannot be done again' }[type]
      this.#options.onNote(what ? `${what}: ${error}` : String(error))
    }
    return true
  }

  /** Has what one wrote stand, though somebody else wrote in the line meanwhile. */
  insist({ id, text, command, conflict }: Draft): void {
    const outbox = this.#options.outbox()
    if (!command || !conflict) return
    outbox.discard(id)
    // Not what was shown last: a text that came since then was not among the two to choose from.
    const base = conflict.rev
    // Where a line that was removed stood is not known any more.
    if (conflict.removed) this.insertAll(text.split('\n'), null)
    else if (command.type === 'edit' && Array.isArray(command.changes))
      this.#add(text, {
        ...command,
        changes: command.changes.map((change: object) => withBase(change, base)),
      })
    else this.#add(text, { ...command, base })
  }

  #add(text: string, command: DraftCommand): boolean {
    const isTaken = this.#options.outbox().command(text, command) !== undefined
    if (!isTaken) this.#options.onNote(`${WAITING} lines are waiting to be sent. Go on when they are.`)
    return isTaken
  }
}

/** A change that has seen all that was written so far. */
function withBase(change: object, base: number): object {
  return 'base' in change ? { ...change, base } : change
}
