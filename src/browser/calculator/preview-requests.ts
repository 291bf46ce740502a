import type { DraftValue } from '../../calculator/protocol.ts'
import { Allowance } from '../client/index.ts'

/** A line that is being written and whose value is wanted: in place of a line, before one, or at the end. */
export interface AskedPreview {
  readonly expression: string
  readonly seq?: number
  readonly before?: number | null
}

/** The server's answer about a line that is being typed. */
export interface PreviewAnswer {
  readonly id: string
  readonly text: string
  readonly rounded: boolean
  /** Explanations of how ambiguous input was read. */
  readonly notes: readonly string[]
  readonly error: string | undefined
  /** The code point that is wrong. */
  readonly position: number | undefined
  /** The values that the lines depending on it would have. */
  readonly values: readonly DraftValue[]
}

/** So many previews go at once, then one each so many milliseconds: the server's limit is for the lines, too. */
const AT_ONCE = 12
const PACE = 200
/** Milliseconds after which an answer is not waited for any more: the server leaves out those that it was asked in the meantime. */
const PATIENCE = 3_000

let numbered = 0

/** Asks for previews, one at a time and the newest only. */
export class PreviewRequests {
  readonly #send: (frame: object) => boolean
  readonly #onAnswer: (answer: PreviewAnswer) => void
  readonly #allowance = new Allowance(AT_ONCE, PACE)
  #wanted: AskedPreview | undefined
  #flight: { readonly id: string; readonly asked: AskedPreview } | undefined
  #later: ReturnType<typeof setTimeout> | undefined
  #patience: ReturnType<typeof setTimeout> | undefined

  /** @param send returns false when it could not be sent */
  constructor(send: (frame: object) => boolean, onAnswer: (answer: PreviewAnswer) => void) {
    this.#send = send
    this.#onAnswer = onAnswer
  }

  /** Asks; what was asked before is not of interest any more. */
  ask(asked: AskedPreview): void {
    this.#wanted = asked
    if (!this.#flight) this.#go()
  }

  /** Gives up what was asked: an answer that is on its way is not shown. */
  cancel(): void {
    this.#wanted = undefined
    this.#flight = undefined
  }

  /** @returns whether the answer is one to this */
  answered(answer: PreviewAnswer): boolean {
    if (this.#flight?.id !== answer.id) return false
    const { asked } = this.#flight
    this.#flight = undefined
    if (this.#wanted !== asked) this.#go()
    else this.#onAnswer(answer)
    return true
  }

  /** The connection is new, or had enough for a while: what was asked is not answered any more. */
  again(): void {
    this.#flight = undefined
    this.#go()
  }

  #go(): void {
    if (!this.#wanted) return
    if (!this.#allowance.take()) {
      this.#later ??= setTimeout(() => {
        this.#later = undefined
        if (!this.#flight) this.#go()
      }, PACE)
      return
    }
    numbered += 1
    const id = `preview-${numbered}`
    if (!this.#send({ type: 'preview', ...this.#wanted, id })) return
    this.#flight = { id, asked: this.#wanted }
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => this.#giveUp(id), PATIENCE)
  }

  #giveUp(id: string): void {
    if (this.#flight?.id !== id) return
    const { asked } = this.#flight
    this.#flight = undefined
    if (this.#wanted !== asked) this.#go()
  }
}
