import type { MessageFrame } from '../chat/protocol.ts'
import { tintOf } from '../web/tint.ts'
import { button, byId, find } from './dom.ts'
import type { Draft } from './outbox.ts'
import { dayLabel, localizeTimes, sameDay } from './times.ts'

export interface TimelineOptions {
  readonly user: string
  readonly onRetry: (draft: Draft) => void
  readonly onEdit: (draft: Draft) => void
  readonly onDiscard: (draft: Draft) => void
}

/** Messages of one person so close together (milliseconds) stand under one name. */
const TOGETHER = 5 * 60 * 1000
/** Messages that are kept in the page while its reader is at the newest. */
const KEPT = 1_000

/** The messages on the page, by `seq`, with what is still on its way behind them. */
export class Timeline {
  readonly #options: TimelineOptions
  readonly #list = byId('timeline', HTMLElement)
  readonly #template = byId('message-template', HTMLTemplateElement)
  readonly #messages = new Map<number, HTMLElement>()
  readonly #pending = new Map<string, HTMLElement>()

  constructor(options: TimelineOptions) {
    this.#options = options
    for (const element of this.#list.querySelectorAll('article')) {
      this.#messages.set(seqOf(element), element)
      this.#arrange(element)
    }
    localizeTimes(this.#list, 'clock')
  }

  get oldest(): number | undefined {
    const first = this.#list.querySelector('article[data-seq]')
    return first instanceof HTMLElement ? seqOf(first) : undefined
  }

  get newest(): number {
    return Math.max(0, ...this.#messages.keys())
  }

  get element(): HTMLElement {
    return this.#list
  }

  /** Puts a message where its `seq` belongs; one that is there already is replaced by a later `rev`. @returns whether it is new */
  place(message: MessageFrame): boolean {
    const present = this.#messages.get(message.seq)
    if (present && Number(present.dataset.rev) >= message.rev) return false
    const element = this.#render(message)
    this.#messages.set(message.seq, element)
    if (present) present.replaceWith(element)
    else this.#insert(message.seq, element)
    this.#arrange(element)
    const next = nextMessage(element)
    if (next) this.#arrange(next)
    return !present
  }

  /** Places older messages without a word to a screen reader. */
  placeHistory(messages: readonly MessageFrame[]): void {
    this.#list.ariaLive = 'off'
    for (const message of messages) this.place(message)
    setTimeout(() => {
      this.#list.ariaLive = 'polite'
    }, 500)
  }

  /** Starts anew: the history is loaded again. */
  clear(): void {
    for (const element of this.#messages.values()) element.remove()
    for (const divider of this.#list.querySelectorAll('.divider')) divider.remove()
    this.#messages.clear()
  }

  /** Shows what is not acknowledged, behind all that is. */
  showPending(drafts: readonly Draft[]): void {
    const ids = new Set(drafts.map((draft) => draft.id))
    for (const [id, element] of this.#pending) {
      if (ids.has(id)) continue
      element.remove()
      this.#pending.delete(id)
    }
    for (const draft of drafts) {
      const element = this.#pending.get(draft.id) ?? this.#renderPending(draft)
      if (!this.#pending.has(draft.id)) this.#list.append(element)
      this.#pending.set(draft.id, element)
      this.#mark(element, draft)
      this.#arrange(element)
    }
  }

  /** Marks where the unread begins, before the message with this `seq`; undefined: nowhere. */
  markUnread(seq: number | undefined): void {
    this.#list.querySelector('.divider.unread')?.remove()
    const first = seq === undefined ? undefined : this.#messages.get(seq)
    first?.before(divider('New', 'unread'))
  }

  /** Forgets the oldest beyond what a page should hold. @returns whether it did */
  trim(): boolean {
    const surplus = [...this.#messages.keys()]
      .sort((one, other) => one - other)
      .slice(0, Math.max(0, this.#messages.size - KEPT))
    for (const seq of surplus) {
      this.#messages.get(seq)?.remove()
      this.#messages.delete(seq)
    }
    while (this.#list.firstElementChild?.matches('.divider + .divider, .divider:has(+ .divider)')) {
      this.#list.firstElementChild.remove()
    }
    const first = this.#list.querySelector('article')
    if (surplus.length > 0 && first) this.#arrange(first)
    return surplus.length > 0
  }

  #render(message: MessageFrame): HTMLElement {
    const element = this.#clone(message.sender, message.at)
    element.dataset.seq = String(message.seq)
    element.dataset.rev = String(message.rev)
    const text = find(element, '.text', HTMLElement)
    // `html` is the server's own: it has escaped what people wrote, and our policy runs no script but our files.
    if (message.html === undefined) text.textContent = message.message
    else text.innerHTML = message.html
    return element
  }

  #renderPending(draft: Draft): HTMLElement {
    const element = this.#clone(this.#options.user, new Date().toISOString())
    delete element.dataset.seq
    find(element, '.text', HTMLElement).textContent = draft.text
    return element
  }

  #clone(sender: string, at: string): HTMLElement {
    const element = find(this.#template.content, 'article', HTMLElement).cloneNode(true)
    if (!(element instanceof HTMLElement)) throw new Error('the template of a message is empty')
    element.classList.toggle('own', sender === this.#options.user)
    element.dataset.sender = sender
    element.dataset.at = at
    const avatar = find(element, '.avatar', HTMLElement)
    avatar.textContent = sender[0] ?? ''
    avatar.dataset.tint = String(tintOf(sender))
    find(element, '.sender', HTMLElement).textContent = sender
    find(element, 'time', HTMLTimeElement).dateTime = at
    localizeTimes(element, 'clock')
    return element
  }

  #mark(element: HTMLElement, draft: Draft): void {
    element.classList.toggle('pending', draft.error === undefined)
    element.classList.toggle('failed', draft.error !== undefined)
    element.querySelector('.failure-note')?.remove()
    if (draft.error === undefined) return
    const note = document.createElement('div')
    note.className = 'failure-note'
    const reason = document.createElement('span')
    reason.textContent = `Not sent: ${draft.error}`
    note.append(
      reason,
      button('Try again', () => this.#options.onRetry(draft)),
      button('Edit', () => this.#options.onEdit(draft)),
      button('Discard', () => this.#options.onDiscard(draft)),
    )
    element.append(note)
  }

  #insert(seq: number, element: HTMLElement): void {
    let after: Element | null = this.#list.lastElementChild
    while (
      after &&
      !(after instanceof HTMLElement && after.dataset.seq !== undefined && seqOf(after) < seq)
    ) {
      after = after.previousElementSibling
    }
    if (after) after.after(element)
    else this.#list.prepend(element)
  }

  /** Whether a message stands under the name above it, and whether a day begins with it. */
  #arrange(element: HTMLElement): void {
    const before = element.previousElementSibling
    if (before?.matches('.divider.day')) before.remove()
    const previous = previousMessage(element)
    const at = new Date(element.dataset.at ?? '')
    const previousAt = previous && new Date(previous.dataset.at ?? '')
    const newDay = !previousAt || !sameDay(at, previousAt)
    if (newDay) element.before(divider(dayLabel(at), 'day'))
    const close = previousAt !== undefined && at.getTime() - previousAt.getTime() < TOGETHER
    element.classList.toggle(
      'follows',
      !newDay && close && previous?.dataset.sender === element.dataset.sender,
    )
  }
}

function divider(label: string, kind: string): HTMLElement {
  const element = document.createElement('p')
  element.className = `divider ${kind}`
  element.textContent = label
  return element
}

function seqOf(element: HTMLElement): number {
  return Number(element.dataset.seq)
}

function previousMessage(element: Element): HTMLElement | undefined {
  const previous = element.previousElementSibling
  if (!previous) return undefined
  return previous instanceof HTMLElement && previous.matches('article') ? previous : previousMessage(previous)
}

function nextMessage(element: Element): HTMLElement | undefined {
  const next = element.nextElementSibling
  if (!next) return undefined
  return next instanceof HTMLElement && next.matches('article') ? next : nextMessage(next)
}
