import renderBlocked from '#views/chat/blocked.eta'
import { elementOf } from '../live/html.ts'
import { BLOCKED_CHANGED } from '../rooms/blocked-changes.ts'
import { foldTall } from './fold.ts'
import { nameMessage } from './message-elements.ts'

/** The people whom the reader has blocked, as far as the page knows: what they say is folded. */
export class BlockedPeople {
  #names: ReadonlySet<string>

  /** @param names usernames, with spaces between */
  constructor(names: string) {
    this.#names = new Set(names.split(' ').filter((name) => name !== ''))
  }

  /** @param username of somebody */
  has(username: string): boolean {
    return this.#names.has(username)
  }

  /** Calls back when the reader has blocked somebody, or no more, here or on another device. */
  onChange(listener: () => void): void {
    document.addEventListener(BLOCKED_CHANGED, (event) => {
      const names: unknown = event instanceof CustomEvent ? event.detail : undefined
      if (!Array.isArray(names)) return
      const blocked = new Set(names.filter((name) => typeof name === 'string'))
      if (blocked.size === this.#names.size && [...blocked].every((name) => this.#names.has(name))) return
      this.#names = blocked
      listener()
    })
  }
}

/** Has a screen reader name messages that are folded by that, and those that are opened by what they say. */
export function followFolds(timeline: HTMLElement): void {
  // It does not bubble.
  timeline.addEventListener(
    'toggle',
    ({ target }) => {
      const message = target instanceof Element && target.matches('.blocked') && target.parentElement
      if (!message) return
      nameMessage(message)
      foldTall([message])
    },
    { capture: true },
  )
}

/** Folds the messages on the page whose senders are blocked by now, and unfolds the others. */
export function foldBlocked(timeline: HTMLElement, blocked: BlockedPeople): void {
  for (const message of timeline.querySelectorAll<HTMLElement>('.message[data-seq]')) {
    const { sender = '', senderName = sender, seq = '' } = message.dataset
    const fold = message.querySelector(':scope > .blocked')
    const isFolded = blocked.has(sender) && !message.classList.contains('deleted')
    if (isFolded === (fold !== null)) continue
    if (fold) fold.remove()
    else {
      if (message.contains(document.activeElement)) focusOn(message)
      message.classList.remove('mentions-you')
      message.prepend(elementOf(renderBlocked({ seq: Number(seq), name: senderName })))
    }
    nameMessage(message)
    foldTall([message])
  }
  for (const reply of timeline.querySelectorAll<HTMLElement>('.reply'))
    reply.classList.toggle('of-blocked', blocked.has(reply.dataset.author ?? ''))
}

/** Gives the focus to a message in which the element that had it is hidden now. */
function focusOn(message: HTMLElement): void {
  if (!message.hasAttribute('tabindex')) message.tabIndex = -1
  message.focus({ preventScroll: true })
}
