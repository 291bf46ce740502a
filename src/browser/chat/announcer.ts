import type { MessageFrame } from '../../chat/protocol.ts'
import { byId } from '../live/dom.ts'
import { localValue } from './local-values.ts'
import { shownExcerpt } from './shown-text.ts'

/** Messages that are read out one by one when they come together; more are counted. */
const FEW = 2
/** Milliseconds to wait for more messages, and between two announcements. */
const GATHER = 500
const PAUSE = 4_000

/**
 * Announces new messages to screen readers: each once, or only their number if many arrive at once. Edited messages, and those
 * loaded from history, are not announced.
 */
export class Announcer {
  readonly #line = byId('announcer', HTMLElement)
  #waiting: MessageFrame[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #saidAt = Number.NEGATIVE_INFINITY

  /** To be called with what others said, as it comes. */
  tell(messages: readonly MessageFrame[]): void {
    if (messages.length === 0) return
    this.#waiting.push(...messages)
    this.#timer ??= setTimeout(() => this.#say(), Math.max(GATHER, this.#saidAt + PAUSE - performance.now()))
  }

  #say(): void {
    const messages = this.#waiting
    this.#waiting = []
    this.#timer = undefined
    // People who are elsewhere are notified by other means.
    if (document.visibilityState === 'hidden') return
    this.#saidAt = performance.now()
    const isMany = messages.length > FEW
    this.#line.replaceChildren(isMany ? `${messages.length} new messages` : messages.map(spoken).join('. '))
  }
}

/** Without the signs of Markdown, and with the values, which are what a calculation is said for. */
function spoken(message: MessageFrame): string {
  const { sender, sender_name: name, values = [] } = message
  const results = values.map(
    ({ expression, rounded, text }) => `${expression} ${rounded ? '≈' : '='} ${localValue(text)}`,
  )
  return [`${name ?? sender}: ${shownExcerpt(message)}`, ...results].join('. ')
}
