import renderDivider from '#views/chat/divider.eta'
import renderMessage from '#views/chat/message.eta'
import renderReply from '#views/chat/reply.eta'
import {
  type Block,
  blockOf,
  type DividerView,
  excerptOf,
  follows,
  type MessageView,
  messageView,
  namesFew,
  replyView,
  type Said,
  startsDay,
} from '../../chat/presentation.ts'
import type { MessageFrame } from '../../chat/protocol.ts'
import type { PendingDraft } from '../client/index.ts'
import { byId } from '../live/dom.ts'
import { actOnFailure, type FailureActions, failureOf } from '../live/failure.ts'
import { elementOf, patch } from '../live/html.ts'
import { Popup } from '../live/popup.ts'
import { localCalendar, localizeTimes, onNewDay } from '../live/times.ts'
import { foldTall, keepingOpen } from './fold.ts'
import { localizeValues, localValue } from './local-values.ts'

export interface TimelineOptions extends FailureActions {
  readonly user: string
  /** What the person is called, where that is not the username. */
  readonly name: string | undefined
  /** The version of their picture; undefined: they have none. */
  readonly picture: string | undefined
  /** The `seq` of the message that a link led to. */
  readonly marked: number | undefined
  /** Finds what somebody is called; undefined: their username, or the page was not told. */
  nameOf(username: string): string | undefined
}

interface Entry {
  readonly seq: number
  readonly element: HTMLElement
}

interface Pending {
  readonly draft: PendingDraft
  readonly element: HTMLElement
}

const asTheReaderWrites = { calendar: localCalendar, writeValue: localValue }

/** The messages on the page, by `seq`, with what is still on its way behind them. */
export class Timeline {
  readonly element = byId('timeline', HTMLElement)
  readonly #options: TimelineOptions
  /** The emoji that this person has chosen on this page, by the `seq` of the message. */
  readonly #chosen = new Map<number, ReadonlySet<string>>()
  readonly #pending = new Map<string, Pending>()
  readonly #deleting = new Set<number>()
  /** The block of one person's messages that ends with each message on the page. */
  readonly #blocks = new WeakMap<Element, Block>()
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
    localizeValues(this.element)
    foldTall(this.#entries.map(({ element }) => element))
    onNewDay(() => this.#labelDays())
    this.element.addEventListener('click', ({ target }) => this.#clicked(target))
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

  /** True if the unread begins further up than what is loaded. */
  get unreadAbove(): boolean {
    return this.#unreadAfter !== undefined
  }

  /** The message with this `seq`, where it is on the page. */
  find(seq: number): HTMLElement | undefined {
    const entry = this.#entries[this.#indexOf(seq)]
    return entry?.seq === seq ? entry.element : undefined
  }

  /** Shows that this person deletes a message, which everyone else still sees. */
  setDeleting(seq: number, isDeleting: boolean): void {
    if (isDeleting) this.#deleting.add(seq)
    else this.#deleting.delete(seq)
    this.find(seq)?.classList.toggle('deleting', isDeleting)
  }

  /** Shows that a change of a message is on its way, until it comes or is given up. */
  setSaving(seq: number, isSaving: boolean): void {
    this.find(seq)?.classList.toggle('saving', isSaving)
  }

  /** The newest message of this person that can still be changed. */
  get lastOwn(): HTMLElement | undefined {
    return this.#entries.findLast(({ element }) => element.matches('.own:not(.deleted, .deleting)'))?.element
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
   * Starts anew from the newest messages. Only what came after them, while they were fetched, stays: there may be a hole
   * before them, and others may stand in their places.
   */
  startAnew(messages: readonly MessageFrame[], more: boolean): void {
    this.#silence()
    const last = messages.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER - 1
    this.#removeFirst(this.#indexOf(last + 1))
    this.placeEarlier(messages, more)
    this.markUnread(undefined)
  }

  /** Shows what is not acknowledged, behind all that is. */
  showPending(drafts: readonly PendingDraft[]): void {
    const said = new Map(drafts.map((draft) => [draft.id, draft.at]))
    for (const [id, { draft, element }] of this.#pending) {
      if (said.get(id) === draft.at) continue
      this.#pending.delete(id)
      this.#remove(element)
    }
    for (const draft of drafts) this.#showDraft(draft)
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
    first.before(divider({ kind: 'unread', label: 'New' }))
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
      if (Number(present.element.dataset.rev) >= message.rev) return false
      this.#change(present.element, message)
      this.#changeReplies(message)
      return false
    }
    const element = this.#adopt(message) ?? elementOf(renderMessage(this.#viewOf(message, false)))
    this.#insertAfter(this.#entries[index - 1]?.element, element)
    this.#entries.splice(index, 0, { seq: message.seq, element })
    this.#arrange(element)
    return true
  }

  /** What this person said a moment ago turns solid where it stands, so that it is not read out twice. */
  #adopt(message: MessageFrame): HTMLElement | undefined {
    const pending = message.sender === this.#options.user ? this.#pending.get(message.id) : undefined
    if (!pending) return undefined
    this.#pending.delete(message.id)
    this.#change(pending.element, message)
    return pending.element
  }

  #change(element: HTMLElement, message: MessageFrame): void {
    keepingOpen(element, () => {
      const wanted = elementOf(renderMessage(this.#viewOf(message, this.#follows(element))))
      wanted.classList.toggle('deleting', this.#deleting.has(message.seq))
      patch(element, wanted)
    })
  }

  /** Answers show what the message says now, and nothing of one that is deleted. */
  #changeReplies({ room, seq, sender, sender_name: name, message }: MessageFrame): void {
    const named = name === undefined ? { sender } : { sender, sender_name: name }
    const view = replyView(room, { seq, ...named, excerpt: excerptOf(message) })
    for (const reply of this.element.querySelectorAll(`.reply[data-target="${seq}"]`)) {
      patch(reply, elementOf(renderReply(view)))
    }
  }

  /** Notes what this person has chosen, which a frame does not say of a message that very many have reacted to. */
  setChosen(seq: number, emoji: string, on: boolean): void {
    const chosen = new Set(this.#chosenFor(seq))
    if (on) chosen.add(emoji)
    else chosen.delete(emoji)
    this.#chosen.set(seq, chosen)
  }

  #chosenFor(seq: number): ReadonlySet<string> {
    const known = this.#chosen.get(seq)
    if (known) return known
    const pressed =
      this.find(seq)?.querySelectorAll<HTMLButtonElement>('.reaction[aria-pressed="true"]') ?? []
    return new Set([...pressed].map(({ value }) => value))
  }

  #viewOf(message: MessageFrame, follows: boolean): MessageView {
    const { user: viewer, marked } = this.#options
    const interactive = Popup.isSupported
    const nameOf = (username: string) => this.#options.nameOf(username) ?? this.#nameOf(username)
    const look = { ...asTheReaderWrites, follows, viewer, marked, interactive, nameOf }
    return messageView(message, namesFew(message) ? { ...look, chosen: this.#chosenFor(message.seq) } : look)
  }

  /** Returns what somebody is called in a message on the page. */
  #nameOf(username: string): string | undefined {
    const said = this.element.querySelector<HTMLElement>(`[data-sender="${CSS.escape(username)}"]`)
    return said?.dataset.senderName
  }

  #showDraft(draft: PendingDraft): void {
    const present = this.#pending.get(draft.id)?.element
    const view = draftView(draft, this.#options, present !== undefined && this.#follows(present))
    const element = elementOf(renderMessage(view))
    this.#pending.set(draft.id, { draft, element: present ?? element })
    if (present) return patch(present, element)
    this.element.append(element)
    this.#arrange(element)
  }

  #clicked(target: EventTarget | null): void {
    const control = target instanceof Element ? target.closest<HTMLElement>('[data-action]') : null
    const pending = this.#pending.get(control?.closest('article')?.dataset.id ?? '')
    if (control && pending) actOnFailure(control.dataset.action ?? '', pending.draft, this.#options)
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

  /** Shows where a day begins, and which messages stand under one name, from a message on for as far as that changes. */
  #arrange(first: HTMLElement): void {
    for (let element: HTMLElement | undefined = first; element; element = nextMessage(element)) {
      const before = this.#blocks.get(element)
      const block = this.#arrangeOne(element)
      const isLast = element !== first && before?.since === block.since && before.size === block.size
      if (isLast) return
    }
  }

  #arrangeOne(element: HTMLElement): Block {
    removeDay(element)
    const message = saidOf(element)
    const previous = previousMessage(element)
    if (startsDay(message, previous && saidOf(previous), localCalendar)) {
      const unread = element.previousElementSibling?.matches('.unread')
        ? element.previousElementSibling
        : element
      unread.before(divider({ kind: 'day', label: localCalendar.day(message.at) }))
    }
    const above = element.previousElementSibling
    const block = blockOf(message, above ? this.#blocks.get(above) : undefined, localCalendar)
    this.#blocks.set(element, block)
    element.classList.toggle('follows', follows(block))
    return block
  }

  #follows(element: HTMLElement): boolean {
    const block = this.#blocks.get(element)
    return block !== undefined && follows(block)
  }

  /** Writes the labels of days again: after midnight, "Today" has become "Yesterday". */
  #labelDays(): void {
    for (const day of this.element.querySelectorAll('.divider.day')) {
      const message = nextMessage(day)
      if (message) day.textContent = localCalendar.day(saidOf(message).at)
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

/** Something that is not stored yet, as a message. */
function draftView(
  draft: PendingDraft,
  { user: viewer, name, picture }: Pick<TimelineOptions, 'user' | 'name' | 'picture'>,
  follows: boolean,
): MessageView {
  const { id, text, at, reply } = draft
  const failure = failureOf(draft, 'Send it now')
  const waiting = draft.error === undefined ? 'unsent' : 'failed'
  const message = {
    type: 'message',
    room: '',
    seq: 0,
    rev: 0,
    id,
    sender: viewer,
    ...(name === undefined ? {} : { sender_name: name }),
    ...(picture === undefined ? {} : { sender_picture: picture }),
    message: text,
    at,
  } as const
  const nameOf = () => undefined
  const context = { ...asTheReaderWrites, follows, viewer, marked: undefined, interactive: true, nameOf }
  return {
    ...messageView(reply ? { ...message, reply } : message, context),
    place: undefined,
    state: failure ? waiting : 'pending',
    failure,
  }
}

function divider(view: DividerView): HTMLElement {
  return elementOf(renderDivider(view))
}

function saidOf({ dataset: { sender = '', at = '' } }: HTMLElement): Said {
  return { sender, at }
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
