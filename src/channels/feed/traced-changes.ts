import type { FanOutWatcher } from '../sockets/fan-out.ts'
import type { Span, Tracing } from '../tracing.ts'
import type { Change } from './feed-source.ts'

/** Spans of one feed that can wait for their changes to be sent; further changes are delivered without one. */
const WAITING = 200

/** The traces of changes that are on their way from the channel layer to those who follow a feed in this process. */
export class TracedChanges {
  readonly #tracing: Tracing
  readonly #name: string
  /** By the `rev` of the last change of an event. */
  readonly #waiting = new Map<number, Span>()

  /** @param event the type of the events that carry the changes */
  constructor(tracing: Tracing, event: string) {
    this.#tracing = tracing
    this.#name = `deliver ${event}`
  }

  /** @param parent as it arrived with an event, perhaps from another process */
  received(parent: unknown, stream: number, changes: readonly Change[]): void {
    const last = changes.at(-1)
    if (typeof parent !== 'string' || !last || this.#waiting.size >= WAITING || this.#waiting.has(last.rev))
      return
    const attributes = {
      'partyline.stream': stream,
      'partyline.rev': last.rev,
      'partyline.changes': changes.length,
    }
    this.#waiting.set(last.rev, this.#tracing.begin(this.#name, { kind: 'consumer', parent, attributes }))
  }

  /** Returns a callback for when the change `rev` is written to followers, if it is traced. */
  leaving(rev: number): FanOutWatcher | undefined {
    const span = this.#waiting.get(rev)
    if (!span) return undefined
    this.#waiting.delete(rev)
    let write: Span | undefined
    return {
      writing: () => {
        write = this.#tracing.begin('write', { parent: span.context })
      },
      written: (receivers) => {
        write?.set({ 'partyline.receivers': receivers })
        write?.end()
        span.end()
      },
    }
  }

  /** Ends the traces of changes up to `rev`: nobody here was waiting for them, or they arrived in another way. */
  passed(rev: number): void {
    for (const [waiting, span] of this.#waiting) {
      if (waiting > rev) continue
      this.#waiting.delete(waiting)
      span.end()
    }
  }

  clear(): void {
    this.passed(Number.POSITIVE_INFINITY)
  }
}
