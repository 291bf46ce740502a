import { labelOf, type MessageOrigin } from '../../chat/presentation.ts'

/** Milliseconds for which a message stays highlighted after a link led to it. */
const FOUND = 3_000

/** Highlights a message to which a link led, for a few seconds. */
export function highlight(message: HTMLElement): void {
  message.classList.add('found')
  setTimeout(() => message.classList.remove('found'), FOUND)
}

/** Returns the sender and the time of the message that an element shows. */
export function originOf({ dataset: { sender = '', at = '' } }: HTMLElement): MessageOrigin {
  return { sender, at }
}

/** The message above an element of the list. */
export function previousMessage(element: Element): HTMLElement | undefined {
  for (let previous = element.previousElementSibling; previous; previous = previous.previousElementSibling)
    if (isMessageElement(previous)) return previous
  return undefined
}

/** The message below an element of the list. */
export function nextMessage(element: Element): HTMLElement | undefined {
  for (let next = element.nextElementSibling; next; next = next.nextElementSibling)
    if (isMessageElement(next)) return next
  return undefined
}

/** Gives a message its accessible name, depending on whether it is folded. */
export function nameMessage(message: HTMLElement): void {
  const { seq } = message.dataset
  if (seq === undefined) return
  const values = message.querySelectorAll(':scope > .message-values .message-value').length
  const has = (selector: string) => message.querySelector(`:scope > ${selector}`) !== null
  const label = labelOf(Number(seq), {
    isFolded: has('.blocked:not([open])'),
    values,
    hasFiles: has('.files'),
    isReply: has('.reply'),
    isEdited: has('.edited'),
    isPinned: has('.pinned'),
  })
  message.setAttribute('aria-labelledby', label)
}

function isMessageElement(element: Element): element is HTMLElement {
  return element instanceof HTMLElement && element.matches('article')
}
