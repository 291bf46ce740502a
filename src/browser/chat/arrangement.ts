import renderDivider from '#views/chat/divider.eta'
import { type Block, blockOf, type DividerView, follows, startsDay } from '../../chat/presentation.ts'
import { elementOf } from '../live/html.ts'
import { localCalendar } from '../live/times.ts'
import { nextMessage, originOf, previousMessage } from './message-elements.ts'

/** The arrangement of messages below each other: where a day begins, and which of them share a name. */
export class Arrangement {
  readonly #list: HTMLElement
  /** The block of one person's messages that ends with each message on the page. */
  readonly #blocks = new WeakMap<Element, Block>()

  constructor(list: HTMLElement) {
    this.#list = list
  }

  /** Arranges a message that was put into the list, and those below it for as far as that changes anything. */
  arrange(first: HTMLElement): void {
    // The role of a feed requires an article in it, so an empty list cannot have it yet.
    this.#list.setAttribute('role', 'feed')
    for (let element: HTMLElement | undefined = first; element; element = nextMessage(element)) {
      const before = this.#blocks.get(element)
      const block = this.#arrangeOne(element)
      const isLast = element !== first && before?.since === block.since && before.size === block.size
      if (isLast) return
    }
  }

  /** Tells whether a message stands under the name of one above it. */
  follows(element: HTMLElement): boolean {
    const block = this.#blocks.get(element)
    return block !== undefined && follows(block)
  }

  /** Takes a message out of the list, with the divider of a day that it was the first of. */
  remove(element: HTMLElement): void {
    const next = nextMessage(element)
    removeDay(element)
    element.remove()
    if (next) this.arrange(next)
  }

  /** Writes the labels of days again: after midnight, "Today" has become "Yesterday". */
  labelDays(): void {
    for (const day of this.#list.querySelectorAll('.divider.day')) {
      const message = nextMessage(day)
      if (message) day.textContent = localCalendar.day(originOf(message).at)
    }
  }

  #arrangeOne(element: HTMLElement): Block {
    removeDay(element)
    const message = originOf(element)
    const previous = previousMessage(element)
    if (startsDay(message, previous && originOf(previous), localCalendar)) {
      const unread = element.previousElementSibling?.matches('.unread')
        ? element.previousElementSibling
        : element
      unread.before(dividerOf({ kind: 'day', label: localCalendar.day(message.at) }))
    }
    const above = element.previousElementSibling
    const block = blockOf(message, above ? this.#blocks.get(above) : undefined, localCalendar)
    this.#blocks.set(element, block)
    element.classList.toggle('follows', follows(block))
    return block
  }
}

export function dividerOf(view: DividerView): HTMLElement {
  return elementOf(renderDivider(view))
}

function removeDay(element: HTMLElement): void {
  let before = element.previousElementSibling
  while (before?.matches('.divider')) {
    const divider = before
    before = divider.previousElementSibling
    if (divider.matches('.day')) divider.remove()
  }
}
