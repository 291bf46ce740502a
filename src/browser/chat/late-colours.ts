import type { MessageFrame } from '../../chat/protocol.ts'
import { fetchMessage } from './history.ts'

/** Milliseconds after which messages are asked for again that have code without its colours, and by which people differ in that. */
const WAITS = [2_000, 15_000, 75_000]
const SPREAD = 2_000
/** Messages that are asked for at one time, the newest. */
const MOST = 20

interface LateColoursOptions {
  readonly room: string
  readonly user: string
  readonly timeline: HTMLElement
  readonly renew: (message: MessageFrame) => void
}

/** Colours code in messages that came before its colours were made, without a reload. */
export class LateColours {
  readonly #options: LateColoursOptions
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: LateColoursOptions) {
    this.#options = options
  }

  /** To be called when messages have come. */
  look(): void {
    if (this.#timer !== undefined || this.#late.length === 0) return
    this.#tries = 0
    this.#wait()
  }

  get #late(): HTMLElement[] {
    return [...this.#options.timeline.querySelectorAll<HTMLElement>('.message[data-seq]:has(code.late)')]
  }

  #wait(): void {
    const wait = WAITS[this.#tries]
    this.#tries += 1
    this.#timer =
      wait === undefined ? undefined : setTimeout(() => this.#ask(), wait + Math.random() * SPREAD)
  }

  async #ask(): Promise<void> {
    const { renew, room, user } = this.#options
    for (const { dataset } of this.#late.slice(-MOST)) {
      // It may have been deleted, or the connection lost; the next try asks again.
      const message = await fetchMessage(room, user, Number(dataset.seq)).catch(() => undefined)
      if (message) renew(message)
    }
    if (this.#late.length > 0) this.#wait()
    else this.#timer = undefined
  }
}
