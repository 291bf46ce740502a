import type { Notices } from '../live/notices.ts'

export interface DeletionsOptions {
  readonly notices: Notices
  /** A message is about to be deleted, or is not after all. */
  readonly onPending: (seq: number, isPending: boolean) => void
  readonly onDelete: (seq: number) => void
  /** The page is left: there is no time to wait for an answer. */
  readonly onLeaving: (seq: number) => void
}

interface Deletion {
  readonly timer: ReturnType<typeof setTimeout>
  readonly removeNotice: () => void
}

/** Milliseconds in which a person can take a deletion back. */
const WAIT = 5_000

/** Deletions that wait until they can no longer be taken back. Leaving the page carries them out. */
export class Deletions {
  readonly #options: DeletionsOptions
  readonly #pending = new Map<number, Deletion>()

  constructor(options: DeletionsOptions) {
    this.#options = options
    addEventListener('pagehide', () => {
      for (const seq of this.#pending.keys()) {
        this.#end(seq)
        options.onPending(seq, false)
        options.onLeaving(seq)
      }
    })
  }

  add(seq: number): void {
    if (this.#pending.has(seq)) return
    const { notices, onPending, onDelete } = this.#options
    const undo = {
      label: 'Undo',
      onClick: () => {
        this.#end(seq)
        onPending(seq, false)
      },
    }
    const removeNotice = notices.show('Message deleted.', undo)
    const timer = setTimeout(() => {
      this.#end(seq)
      onDelete(seq)
    }, WAIT)
    this.#pending.set(seq, { timer, removeNotice })
    onPending(seq, true)
    notices.focusNewest()
  }

  #end(seq: number): void {
    const deletion = this.#pending.get(seq)
    this.#pending.delete(seq)
    clearTimeout(deletion?.timer)
    deletion?.removeNotice()
  }
}
