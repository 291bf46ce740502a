import { tabTexts } from '../live/kept-texts.ts'

/** Edits that are remembered. */
const KEPT = 100

/** One's own edits, each by the `rev` at which it ended, for undo and redo. They survive a reload. */
export class UndoHistory {
  readonly #key: string
  #done: number[]
  #undone: number[]

  constructor(key: string) {
    this.#key = key
    const [done = '', undone = ''] = tabTexts.get(key).split('|')
    this.#done = revsIn(done)
    this.#undone = revsIn(undone)
  }

  /** An edit was made. */
  made(rev: number): void {
    this.#done.push(rev)
    this.#undone = []
    this.#keep()
  }

  /** The edit that is to be undone next, which is then not in the history any more. */
  takeDone(): number | undefined {
    const rev = this.#done.pop()
    this.#keep()
    return rev
  }

  /** The undo that is to be taken back next. */
  takeUndone(): number | undefined {
    const rev = this.#undone.pop()
    this.#keep()
    return rev
  }

  /** An undo was made. */
  undid(rev: number): void {
    this.#undone.push(rev)
    this.#keep()
  }

  /** An undo was taken back. */
  redid(rev: number): void {
    this.#done.push(rev)
    this.#keep()
  }

  #keep(): void {
    this.#done = this.#done.slice(-KEPT)
    this.#undone = this.#undone.slice(-KEPT)
    tabTexts.set(this.#key, `${this.#done.join(' ')}|${this.#undone.join(' ')}`)
  }
}

function revsIn(text: string): number[] {
  return text.split(' ').map(Number).filter(Boolean)
}
