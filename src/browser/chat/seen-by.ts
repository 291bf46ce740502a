import { seenText } from '../../chat/presentation.ts'
import type { SeenFrame } from '../../chat/protocol.ts'
import type { ServerObject } from '../client/index.ts'
import type { Timeline } from './timeline.ts'

/** Shows below this person's last message who has seen it. */
export class SeenBy {
  readonly #timeline: Timeline
  readonly #user: string
  readonly #line = document.createElement('p')
  #positions: SeenFrame['seen'] = []

  constructor(timeline: Timeline, user: string) {
    this.#timeline = timeline
    this.#user = user
    this.#line.className = 'seen'
  }

  receive(frame: ServerObject): void {
    if (!isSeenFrame(frame)) return
    this.#positions = frame.seen
    this.show()
  }

  /** To be called when messages have changed. */
  show(): void {
    const message = this.#timeline.reachesEnd ? this.#timeline.lastOwn : undefined
    const seq = Number(message?.dataset.seq)
    const text = seenText(this.#positions, seq, [this.#user])
    if (!message || !text) return this.#line.remove()
    if (this.#line.textContent !== text) this.#line.textContent = text
    const before = message.querySelector(':scope > .more')
    if (this.#line.parentElement !== message) message.insertBefore(this.#line, before)
  }
}

function isSeenFrame(frame: ServerObject): frame is ServerObject & SeenFrame {
  return Array.isArray(frame.seen)
}
