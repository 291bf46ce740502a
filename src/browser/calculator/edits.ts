import { v7 } from 'uuid'
import { LENGTH } from '../../calculator/language/limits.ts'
import type { ResultFrame } from '../../calculator/protocol.ts'
import { type Draft, type DraftCommand, type Outbox, type ServerObject, WAITING } from '../client/index.ts'
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

/** Sends one's own edits through the outbox, so that a lost connection or a reload loses nothing. */
export class Edits {
  readonly #options: EditsOptions
  /** The last `rev` that one's own edit of a line ended at: what one has written oneself is no conflict. */
  readonly #ownRevs = new Map<number, number>()
  /** Commands that this tab has sent, each with the `rev` that was shown then. */
  readonly #sent = new Map<string, number>()
  /** Lines that this tab has sent for the end of the sheet. */
  readonly #added = new Set<string>()
  /** Undos and redos that wait until the edits before them are stored and in the history. */
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
    if (expressions.some((expression) => [...expression].length > LENGTH)) {
      this.#options.onNote(`A line can have at most ${LENGTH.toLocaleString('en')} characters.`)
      return false
    }
    const changes = expressions.map((expression, index) =>
      index === 0 && into
        ? { type: 'set', ...into, expression }
        : { type: 'insert', expression, before, id: v7() },
    )
    if (changes.length > CHANGES || JSON.stringify(changes).length > CHARACTERS) {
      this.#options.onNote(`You can insert up to ${CHANGES} lines at once, or fewer if they are long.`)
      return false
    }
    return this.#add(expressions.join('\n'), { type: 'edit', changes })
  }

  undo(): void {
    this.#take('undo')
  }

  redo(): void {
    this.#take('redo')
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
      onNote(`Nothing to ${type}`)
    }
  }

  /** A draft as the server takes it. */
  frameOf({ id, text, command }: Draft): object {
    if (!command) {
      this.#added.add(id)
      return { expression: text, id }
    }
    if (!this.#sent.has(id)) this.#sent.set(id, this.#options.rows.rev)
    const own = typeof command.seq === 'number' ? this.#ownRevs.get(command.seq) : undefined
    return {
      ...command,
      ...(typeof command.base === 'number' && own && { base: Math.max(command.base, own) }),
      id,
    }
  }

  /** A line of one's own is on the sheet: where it was added at the end, that is the answer. */
  added({ id, seq }: Pick<ResultFrame, 'id' | 'seq'>): void {
    const outbox = this.#options.outbox()
    // Another tab has an undo history of its own.
    if (this.#added.delete(id)) this.#options.history.made(seq)
    if (!outbox.find(id)?.command) outbox.acknowledge(new Set([id]))
  }

  /** An edit is on disk. */
  done({ id, rev }: ServerObject): void {
    const outbox = this.#options.outbox()
    const command = outbox.find(String(id))?.command
    if (!command || typeof rev !== 'number') return
    const { history, onNote } = this.#options
    const before = this.#sent.get(String(id))
    this.#sent.delete(String(id))
    if (command.type === 'undo') history.undid(rev)
    else if (command.type === 'redo') history.redid(rev)
    // An edit that changed nothing is answered with the present `rev`, at which another edit may have ended.
    else if (before !== undefined && before < rev) history.made(rev)
    if (command.type === 'set' && typeof command.seq === 'number') this.#ownRevs.set(command.seq, rev)
    if (command.type === 'undo') onNote('Undone')
    else if (command.type === 'redo') onNote('Redone')
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
      if (code !== 'conflict' && code !== 'not_found') this.#putBack(draft.command)
      outbox.discard(draft.id)
      const what = { undo: 'This cannot be undone', redo: 'This cannot be redone' }[type]
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
    // The former place of a removed line is no longer known.
    if (conflict.removed) this.insertAll(text.split('\n'), null)
    else if (command.type === 'edit' && Array.isArray(command.changes))
      this.#add(text, {
        ...command,
        changes: command.changes.map((change: object) => withBase(change, base)),
      })
    else this.#add(text, { ...command, base })
  }

  #take(step: 'undo' | 'redo'): void {
    if (this.#steps.length < WAITING) this.#steps.push(step)
    this.goOn()
  }

  /** An undo that failed for a reason that passes can be tried again. */
  #putBack({ type, rev }: DraftCommand): void {
    const { history } = this.#options
    if (typeof rev !== 'number') return
    if (type === 'undo') history.redid(rev)
    else if (type === 'redo') history.undid(rev)
  }

  #add(text: string, command: DraftCommand): boolean {
    const isTaken = this.#options.outbox().command(text, command) !== undefined
    if (!isTaken)
      this.#options.onNote(`${WAITING} lines are waiting to be sent. Wait until they have been sent.`)
    return isTaken
  }
}

/** A change that has seen all that was written so far. */
function withBase(change: object, base: number): object {
  return 'base' in change ? { ...change, base } : change
}
