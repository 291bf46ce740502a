import type { MessageFrame } from '../../chat/protocol.ts'
import { tintOf } from '../../web/tint.ts'
import { byId, find } from '../live/dom.ts'
import { type FailureActions, showFailure } from '../live/failure.ts'
import type { PendingDraft } from '../live/outbox.ts'
import { dayLabel, localizeTimes, onNewDay, sameDay } from '../live/times.ts'
import { foldTall } from './fold.ts'

export interface TimelineOptions extends FailureActions {
  readonly user: string
}

interface Entry {
  readonly seq: number
  readonly element: HTMLElement
}

/** Messages of one person so close together (milliseconds) stand under one name. */
const TOGETHER = 5 * 60 * 1000

/** The messages on the page, by `seq`, with what is still on its way behind them. */
export class Timeline {
  readonly element = byId('timeline', HTMLElement)
  readonly #options: TimelineOptions
  readonly #template = byId('message-template', HTMLTemplateElement)
  readonly #pending = new Map<string, HTMLElement>()
  #entries: Entry[] = []
  #fromBeginning: boolean
  #loud: ReturnType<typeof setTimeout> | undefined
  /** The unread begins behind this `seq`, further up than what is loaded. */
  #unreadAfter: number | undefined

  /** @param fromBeginning whether the page has the room's first message */
  constructor(options: TimelineOptions, fromBeginning: boolean) {
    this.#options = options
    this.#fromBeginning = fromBeginning
    for (const element of this.element.querySelectorAll('article')) {
      this.#entries.push({ seq: Number(element.dataset.seq), element })
      this.#arrange(element)
    }
    localizeTimes(this.element, 'clock')
    foldTall(this.#entries.map(({ element }) => element))
    onNewDay(() => this.#labelDays())
  }

  get size(): number {
    return this.#entries.length
  }

  get fromBeginning(): boolean {
    return this.#fromBeginning
  }

  get oldest(): number | undefined {
    return this.#entries[0]?.seq
  }

  get newest(): number {
    return this.#entries.at(-1)?.seq ?? 0
  }

  /** Whether the unread begins further up than what is loaded. */
  get unreadAbove(): boolean {
    return this.#unreadAfter !== undefined
  }

  /** The message with this `seq`, where it is on the page. */
  find(seq: number): HTMLElement | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.seq === seq ? entry.element : undefined
  }

  /** The `seq` of the last message that ends above a line of the screen; 0: none does. */
  lastAbove(line: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const bottom = this.#entries[middle]?.element.getBoundingClientRect().bottom ?? 0
      if (bottom <= line) low = middle + 1
      else high = middle
    }
    return this.#entries[low - 1]?.seq ?? 0
  }

  /** Ids of what this person said, among the messages on the page. */
  get ownIds(): ReadonlySet<string> {
    const own = this.#entries.filter(({ element }) => element.classList.contains('own'))
    return new Set(own.map(({ element }) => element.dataset.id ?? ''))
  }

  /**
   * Puts messages where their `seq` belongs; one that is there already is changed by a later `rev`. One older than all on
   * the page belongs to history that is not loaded, and is left to it.
   * @returns those that are new on the page
   */
  place(messages: readonly MessageFrame[]): MessageFrame[] {
    const fresh: MessageFrame[] = []
    for (const message of messages) {
      const isLoaded = this.#fromBeginning || message.seq >= (this.oldest ?? 0)
      if (isLoaded && this.#place(message)) fresh.push(message)
    }
    this.#fold(fresh)
    return fresh
  }

  /** Places what came before the oldest, without a word to a screen reader. @param more whether there is yet more */
  placeEarlier(messages: readonly MessageFrame[], more: boolean): void {
    this.#silence()
    this.#fromBeginning = !more
    for (const message of messages) this.#place(message)
    this.#fold(messages)
    if (this.#unreadAfter !== undefined && (!more || (this.oldest ?? 0) <= this.#unreadAfter + 1)) {
      this.markUnread(this.firstOfOthersAfter(this.#unreadAfter))
    }
  }

  /**
   * Starts anew from the newest messages: what is older than they are goes, since there may be a hole between; what came
   * while they were fetched stays.
   */
  startAnew(messages: readonly MessageFrame[], more: boolean): void {
    this.#silence()
    const first = messages[0]?.seq ?? Number.MAX_SAFE_INTEGER
    this.#removeFirst(this.#indexOf(first))
    this.placeEarlier(messages, more)
    this.markUnread(undefined)
  }

  /** Shows what is not acknowledged, behind all that is. */
  showPending(drafts: readonly PendingDraft[]): void {
    const said = new Map(drafts.map((draft) => [draft.id, draft.at]))
    for (const [id, element] of this.#pending) {
      if (said.get(id) === element.dataset.at) continue
      this.#pending.delete(id)
      this.#remove(element)
    }
    for (const draft of drafts) {
      const element = this.#pending.get(draft.id) ?? this.#appendPending(draft)
      showFailure(element, draft, this.#options)
    }
  }

  /** The `seq` of the first message of somebody else after `seq`; undefined: there is none on the page. */
  firstOfOthersAfter(seq: number): number | undefined {
    const unread = this.#entries.slice(this.#indexOf(seq + 1))
    return unread.find(({ element }) => !element.classList.contains('own'))?.seq
  }

  /** Marks where `count` unread messages after `seq` begin: now, or when the first of them is loaded. */
  markUnreadAfter(seq: number, count: number): void {
    const unread = this.#entries.slice(this.#indexOf(seq + 1))
    const loaded = unread.filter(({ element }) => !element.classList.contains('own')).length
    if (count > loaded && !this.#fromBeginning) this.#unreadAfter = seq
    else if (count > 0) this.markUnread(this.firstOfOthersAfter(seq))
  }

  /** Marks where the unread begins, before the message with this `seq`; undefined: nowhere. */
  markUnread(seq: number | undefined): void {
    this.#unreadAfter = undefined
    const former = this.element.querySelector('.divider.unread')
    const following = former && nextMessage(former)
    former?.remove()
    if (following) this.#arrange(following)
    const first = seq === undefined ? undefined : this.#entries[this.#indexOf(seq)]?.element
    if (!first) return
    first.before(divider('New', 'unread'))
    this.#arrange(first)
  }

  /** Forgets the oldest beyond so many. @returns whether it did */
  trim(kept: number): boolean {
    const surplus = this.#entries.length - kept
    if (surplus <= 0) return false
    this.#removeFirst(surplus)
    this.#fromBeginning = false
    return true
  }

  #place(message: MessageFrame): boolean {
    const index = this.#indexOf(message.seq)
    const present = this.#entries[index]
    if (present?.seq === message.seq) {
      if (Number(present.element.dataset.rev) < message.rev) this.#fill(present.element, message)
      return false
    }
    const element = this.#adopt(message) ?? this.#clone(message.sender, message.at)
    this.#fill(element, message)
    this.#insertAfter(this.#entries[index - 1]?.element, element)
    this.#entries.splice(index, 0, { seq: message.seq, element })
    this.#arrange(element)
    this.#arrangeNext(element)
    return true
  }

  /** What this person said a moment ago turns solid where it stands, so that it is not read out twice. */
  #adopt(message: MessageFrame): HTMLElement | undefined {
    if (message.sender !== this.#options.user) return undefined
    const element = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    element?.classList.remove('pending', 'failed', 'unsent')
    element?.querySelector('.failure-note')?.remove()
    return element
  }

  #fill(element: HTMLElement, message: MessageFrame): void {
    element.dataset.seq = String(message.seq)
    element.dataset.rev = String(message.rev)
    element.dataset.id = message.id
    setTime(element, message.at)
    const text = find(element, '.text', HTMLElement)
    // `html` is the server's own: it has escaped what people wrote, and our policy runs no script but our files.
    if (message.html !== undefined) text.innerHTML = message.html
    else if (text.textContent !== message.message) text.textContent = message.message
  }

  #appendPending(draft: PendingDraft): HTMLElement {
    const element = this.#clone(this.#options.user, draft.at)
    delete element.dataset.seq
    find(element, '.text', HTMLElement).textContent = draft.text
    this.element.append(element)
    this.#pending.set(draft.id, element)
    this.#arrange(element)
    return element
  }

  #clone(sender: string, at: string): HTMLElement {
    const element = find(this.#template.content, 'article', HTMLElement).cloneNode(true)
    if (!(element instanceof HTMLElement)) throw new Error('the template of a message is empty')
    element.classList.toggle('own', sender === this.#options.user)
    element.dataset.sender = sender
    const avatar = find(element, '.avatar', HTMLElement)
    avatar.textContent = sender[0] ?? ''
    avatar.dataset.tint = String(tintOf(sender))
    find(element, '.sender', HTMLElement).textContent = sender
    setTime(element, at)
    return element
  }

  #insertAfter(previous: HTMLElement | undefined, element: HTMLElement): void {
    const next = previous ? nextMessage(previous) : this.element.querySelector('article')
    if (next === element) return
    const followed = element.isConnected ? nextMessage(element) : undefined
    if (previous) previous.after(element)
    else this.element.prepend(element)
    if (followed) this.#arrange(followed)
  }

  #removeFirst(count: number): void {
    for (const { element } of this.#entries.splice(0, count)) {
      while (element.previousElementSibling) element.previousElementSibling.remove()
      element.remove()
    }
    const first = this.element.querySelector('article')
    if (count > 0 && first) this.#arrange(first)
  }

  #remove(element: HTMLElement): void {
    const next = nextMessage(element)
    removeDay(element)
    element.remove()
    if (next) this.#arrange(next)
  }

  #arrangeNext(element: HTMLElement): void {
    const next = nextMessage(element)
    if (next) this.#arrange(next)
  }

  /** Whether a message stands under the name above it, and whether a day begins with it. */
  #arrange(element: HTMLElement): void {
    removeDay(element)
    const previous = previousMessage(element)
    const at = new Date(element.dataset.at ?? '')
    const previousAt = previous && new Date(previous.dataset.at ?? '')
    if (!previousAt || !sameDay(at, previousAt)) {
      const unread = element.previousElementSibling?.matches('.unread')
        ? element.previousElementSibling
        : element
      unread.before(divider(dayLabel(at), 'day'))
    }
    const close = previousAt !== undefined && at.getTime() - previousAt.getTime() < TOGETHER
    element.classList.toggle(
      'follows',
      close &&
        element.previousElementSibling === previous &&
        previous?.dataset.sender === element.dataset.sender,
    )
  }

  /** Writes the labels of days again: after midnight, "Today" has become "Yesterday". */
  #labelDays(): void {
    for (const day of this.element.querySelectorAll('.divider.day')) {
      const at = nextMessage(day)?.dataset.at
      if (at !== undefined) day.textContent = dayLabel(new Date(at))
    }
  }

  #fold(messages: readonly MessageFrame[]): void {
    foldTall(messages.flatMap(({ seq }) => this.find(seq) ?? []))
  }

  /** What changes now is not news. */
  #silence(): void {
    clearTimeout(this.#loud)
    this.element.ariaLive = 'off'
    this.#loud = setTimeout(() => {
      this.element.ariaLive = 'polite'
    }, 500)
  }

  /** The index of the first message that is not before `seq`. */
  #indexOf(seq: number): number {
    let low = 0
    let high = this.#entries.length
    // Nearly all that comes is the newest.
    if (this.newest < seq) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.seq ?? 0) < seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

function setTime(element: HTMLElement, at: string): void {
  if (element.dataset.at === at) return
  element.dataset.at = at
  find(element, 'time', HTMLTimeElement).dateTime = at
  localizeTimes(element, 'clock')
}

function divider(label: string, kind: string): HTMLElement {
  const element = document.createElement('p')
  element.className = `divider ${kind}`
  element.textContent = label
  return element
}

function removeDay(element: HTMLElement): void {
  let before = element.previousElementSibling
  while (before?.matches('.divider')) {
    const divider = before
    before = divider.previousElementSibling
    if (divider.matches('.day')) divider.remove()
  }
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
