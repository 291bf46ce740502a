import renderBlocked from '#views/chat/blocked.eta'
import { elementOf } from '../live/html.ts'
import type { BlockedPeople } from '../rooms/blocked-people.ts'
import { foldTall } from './fold.ts'
import { nameMessage } from './message-elements.ts'

/** Has a screen reader name a folded message by the line that opens it, and an open one by what it says. */
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
      const bot = 'bot' in message.dataset
      message.prepend(elementOf(renderBlocked({ seq: Number(seq), name: senderName, bot })))
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
