import renderMessage from '#views/chat/message.eta'
import renderReply from '#views/chat/reply.eta'
import { replyView } from '../../chat/presentation.ts'
import type { MessageFrame } from '../../chat/protocol.ts'
import type { PendingDraft } from '../client/index.ts'
import { byId } from '../live/dom.ts'
import type { FailureActions } from '../live/failure.ts'
import { elementOf, patch } from '../live/html.ts'
import { localizeTimes, onNewDay } from '../live/times.ts'
import { Arrangement, dividerOf } from './arrangement.ts'
import { foldTall, keepingOpen } from './fold.ts'
import { localizeValues } from './local-values.ts'
import { nextMessage } from './message-elements.ts'
import { type Entry, MessageEntries } from './message-entries.ts'
import { MessageViews, type Reader } from './message-views.ts'
import { OwnTexts } from './own-texts.ts'
import { PendingMessages } from './pending-messages.ts'
import { shownExcerpt } from './shown-text.ts'
import { reachWideBlocks } from './wide-blocks.ts'

export type TimelineOptions = Reader & FailureActions

/** The reach of a stretch of a room's messages. */
export interface Extent {
  /** True if there are earlier ones. */
  readonly earlier: boolean
  readonly later: boolean
}

/**
 * A stretch of a room's messages, by `seq` and without a gap, followed by messages that are still being sent. If it ends before
 * the newest message, new ones are not appended, because there would be a gap.
 */
export class Timeline {
  readonly element = byId('timeline', HTMLElement)
  readonly ownTexts: OwnTexts
  readonly #options: TimelineOptions
  readonly #arrangement = new Arrangement(this.element)
  readonly #views: MessageViews
  readonly #pending: PendingMessages
  readonly #deleting = new Set<number>()
  readonly #entries = new MessageEntries()
  #fromBeginning: boolean
  #reachesEnd: boolean
  /** The unread begins behind this `seq`, on the page or not; undefined: it is not marked. */
  #unreadAfter: number | undefined

  constructor(options: TimelineOptions, { earlier, later }: Extent) {
    this.#options = options
    this.ownTexts = new OwnTexts(options.user)
    this.#fromBeginning = !earlier
    this.#reachesEnd = !later
    this.#views = new MessageViews(this.element, options)
    this.#pending = new PendingMessages(this.element, this.#views, this.#arrangement, options)
    // These are for pages without a script only.
    for (const element of this.element.querySelectorAll('noscript')) element.remove()
    for (const element of this.element.querySelectorAll('article')) {
      this.#entries.insert(this.#entries.size, { seq: Number(element.dataset.seq), element })
      this.#arrangement.arrange(element)
    }
    localizeTimes(this.element, 'clock')
    localizeValues(this.element)
    foldTall(this.element.querySelectorAll<HTMLElement>('article'))
    reachWideBlocks([this.element])
    onNewDay(() => this.#arrangement.labelDays())
  }

  get size(): number {
    return this.#entries.size
  }

  /** True if the page has the room's first message. */
  get fromBeginning(): boolean {
    return this.#fromBeginning
  }

  /** True if the page has the newest message. */
  get reachesEnd(): boolean {
    return this.#reachesEnd
  }

  get oldest(): number | undefined {
    return this.#entries.oldest
  }

  get newest(): number {
    return this.#entries.newest
  }

  /** True if the unread begins further up than what is loaded. */
  get unreadAbove(): boolean {
    return (
      this.#unreadAfter !== undefined && !this.#fromBeginning && (this.oldest ?? 0) > this.#unreadAfter + 1
    )
  }

  /** The `seq` from which on messages are unread, on the page or not; undefined: none is marked. */
  get firstUnread(): number | undefined {
    return this.#unreadAfter === undefined ? undefined : this.#unreadAfter + 1
  }

  /** The message with this `seq`, where it is on the page. */
  find(seq: number): HTMLElement | undefined {
    return this.#entries.find(seq)
  }

  /** The message on the page that is nearest to a `seq`: the first that is not before it, or the last of all. */
  nearest(seq: number): HTMLElement | undefined {
    return this.#entries.nearest(seq)
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

  /** Notes what this person has chosen, which a frame does not say of a message that very many have reacted to. */
  setChosen(seq: number, emoji: string, on: boolean): void {
    this.#views.setChosen(seq, emoji, on)
  }

  /** The newest message of this person that can still be changed. */
  get lastOwn(): HTMLElement | undefined {
    return this.#entries.lastMatching('.own:not(.deleted, .deleting)')?.element
  }

  /** The `seq` of the last message that ends above a line of the screen; 0: none does. */
  lastAbove(line: number): number {
    return this.#entries.at(this.#entries.countAbove(line) - 1)?.seq ?? 0
  }

  /** The first message that ends below a line of the screen. */
  firstBelow(line: number): HTMLElement | undefined {
    return this.#entries.at(this.#entries.countAbove(line))?.element
  }

  /** Ids of what this person said, among the messages on the page. */
  get ownIds(): ReadonlySet<string> {
    const own = this.#entries.matching('.own')
    return new Set(own.map(({ element }) => element.dataset.id ?? ''))
  }

  /**
   * Puts messages where their `seq` belongs; one that is there already is changed by a later `rev`. One beyond what is loaded is
   * left to the history.
   * @returns those that are new on the page
   */
  place(messages: readonly MessageFrame[]): MessageFrame[] {
    const fresh: MessageFrame[] = []
    for (const message of messages) {
      const isLoaded =
        (this.#fromBeginning || message.seq >= (this.oldest ?? 0)) &&
        (this.#reachesEnd || message.seq <= this.newest)
      if (isLoaded) {
        if (this.#place(message)) fresh.push(message)
      } else if (message.rev !== message.seq) this.#changeReplies(message)
    }
    this.#fold(fresh)
    this.#markUnread()
    return fresh
  }

  /** Shows a message anew that is on the page as it was said, and has colours now. */
  renew(message: MessageFrame): void {
    const element = this.#entries.find(message.seq)
    if (element && Number(element.dataset.rev) <= message.rev) this.#change(element, message)
  }

  /** Places what comes before the oldest. @param more whether there is yet more */
  placeEarlier(messages: readonly MessageFrame[], more: boolean): void {
    this.#fromBeginning = !more
    this.#placeLoaded(messages)
  }

  /** Places what comes after the newest. @param more whether there is yet more */
  placeLater(messages: readonly MessageFrame[], more: boolean): void {
    this.#reachesEnd = !more
    this.#placeLoaded(messages)
  }

  /**
   * Starts anew with other messages. If they reach to the end, what came after them while they were fetched stays. All else goes, since
   * messages between it and these may be missing.
   */
  startAnew(messages: readonly MessageFrame[], { earlier, later }: Extent): void {
    const last = messages.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER - 1
    const { focused } = this.#entries
    const wasLast = focused !== undefined && focused.seq === this.newest
    const keepsLive = this.#reachesEnd && !later
    this.#removeFirst(keepsLive ? this.#entries.indexOf(last + 1) : this.#entries.size)
    this.#fromBeginning = !earlier
    this.#reachesEnd = !later
    this.#placeLoaded(messages)
    if (focused && !focused.element.isConnected)
      this.focus(wasLast ? this.#entries.last : this.nearest(focused.seq))
  }

  /** Shows what is not acknowledged, behind all that is. */
  showPending(drafts: readonly PendingDraft[]): void {
    this.#pending.show(drafts)
    this.#markGap()
  }

  /** The `seq` of the first message of somebody else after `seq`; undefined: there is none on the page. */
  firstOfOthersAfter(seq: number): number | undefined {
    return this.#entries.firstMatching(':not(.own)', this.#entries.indexOf(seq + 1))?.seq
  }

  /** Marks where the unread begins, before the message with this `seq`: now, or when it is loaded; undefined: nowhere. */
  markUnread(seq: number | undefined): void {
    this.#unreadAfter = seq === undefined ? undefined : seq - 1
    this.#markUnread()
  }

  /** The element at which the unread begins; undefined: nowhere on the page. */
  get unreadMark(): HTMLElement | undefined {
    return this.element.querySelector<HTMLElement>('.divider.unread') ?? undefined
  }

  /** Removes messages from the start until `kept` are left. @returns whether there were any to remove */
  trimStart(kept: number): boolean {
    const surplus = this.#entries.size - kept
    if (surplus <= 0) return false
    this.#removeFirst(surplus)
    this.#fromBeginning = false
    this.#markUnread()
    return true
  }

  /** Removes messages from the end until `kept` are left. @returns whether there were any to remove */
  trimEnd(kept: number): boolean {
    const surplus = this.#entries.size - kept
    if (surplus <= 0) return false
    const removed = this.#entries.removeAllBut(kept)
    const focus = this.#focusWithin(removed)
    for (const { element } of removed.toReversed()) this.#arrangement.remove(element)
    this.leaveEnd()
    this.#markUnread()
    if (focus) this.focus(this.#entries.last)
    return true
  }

  /** Keeps new messages from being put behind those on the page from now on. */
  leaveEnd(): void {
    this.#reachesEnd = false
    this.#markGap()
  }

  /** Brings the focus to a message. */
  focus(message: HTMLElement | undefined): void {
    if (!message) return
    if (!message.hasAttribute('tabindex')) message.tabIndex = -1
    message.focus({ preventScroll: true })
  }

  #placeLoaded(messages: readonly MessageFrame[]): void {
    for (const message of messages) this.#place(message)
    this.#fold(messages)
    this.#markGap()
    this.#markUnread()
  }

  #place(message: MessageFrame): boolean {
    const index = this.#entries.indexOf(message.seq)
    const present = this.#entries.at(index)
    if (present?.seq === message.seq) {
      if (Number(present.element.dataset.rev) >= message.rev) return false
      this.#change(present.element, message)
      this.#changeReplies(message)
      return false
    }
    const element = this.#adopt(message) ?? elementOf(renderMessage(this.#views.of(message, false)))
    this.ownTexts.learn(element, message)
    this.#insertAfter(this.#entries.at(index - 1)?.element, element)
    this.#entries.insert(index, { seq: message.seq, element })
    this.#arrangement.arrange(element)
    return true
  }

  /** Turns a message that was waiting to be stored into a stored one, where it stands. */
  #adopt(message: MessageFrame): HTMLElement | undefined {
    if (message.sender !== this.#options.user) return undefined
    const element = this.#pending.take(message.id)
    if (element) this.#change(element, message)
    return element
  }

  #change(element: HTMLElement, message: MessageFrame): void {
    const hadFocus = element.contains(document.activeElement)
    this.ownTexts.learn(element, message)
    if (message.deleted) this.#deleting.delete(message.seq)
    keepingOpen(element, () => {
      const wanted = elementOf(renderMessage(this.#views.of(message, this.#arrangement.follows(element))))
      wanted.classList.toggle('deleting', this.#deleting.has(message.seq))
      patch(element, wanted)
    })
    // The focused element may be gone, such as the buttons of a deleted message or a reaction that was taken back.
    if (hadFocus && !element.contains(document.activeElement)) this.focus(element)
  }

  /** Answers show what the message says now, and nothing of one that is deleted. */
  #changeReplies(message: MessageFrame): void {
    const { room, seq, sender, sender_name: name } = message
    const named = name === undefined ? { sender } : { sender, sender_name: name }
    const isBlocked = this.#options.isBlocked(sender)
    const answered = { seq, ...named, excerpt: shownExcerpt(message) }
    for (const reply of this.element.querySelectorAll(`.reply[data-target="${seq}"]`)) {
      const by = reply.closest<HTMLElement>('.message')?.dataset.seq
      const view = replyView(room, by === undefined ? undefined : Number(by), answered, isBlocked)
      patch(reply, elementOf(renderReply(view)))
    }
  }

  #insertAfter(previous: HTMLElement | undefined, element: HTMLElement): void {
    const next = previous ? nextMessage(previous) : this.element.querySelector('article')
    if (next === element) return
    const followed = element.isConnected ? nextMessage(element) : undefined
    if (previous) previous.after(element)
    else this.element.prepend(element)
    if (followed) this.#arrangement.arrange(followed)
  }

  #removeFirst(count: number): void {
    const removed = this.#entries.removeFirst(count)
    const focus = this.#focusWithin(removed)
    for (const { element } of removed) {
      while (element.previousElementSibling) element.previousElementSibling.remove()
      element.remove()
    }
    const first = this.element.querySelector('article')
    if (count > 0 && first) this.#arrangement.arrange(first)
    if (focus) this.focus(this.#entries.first)
  }

  #focusWithin(entries: readonly Entry[]): boolean {
    const focused = document.activeElement?.closest('article')
    return focused !== null && entries.some(({ element }) => element === focused)
  }

  /** Puts the mark where the unread begins, if that is on the page. */
  #markUnread(): void {
    const former = this.unreadMark
    const seq =
      this.#unreadAfter === undefined || this.unreadAbove
        ? undefined
        : this.firstOfOthersAfter(this.#unreadAfter)
    const first = seq === undefined ? undefined : this.find(seq)
    if (former && first && former.nextElementSibling === first) return
    const following = former && nextMessage(former)
    former?.remove()
    if (following) this.#arrangement.arrange(following)
    if (!first) return
    first.before(dividerOf({ kind: 'unread', label: 'New' }))
    this.#arrangement.arrange(first)
  }

  /** Sets unstored messages apart by a gap while later messages are not on the page. */
  #markGap(): void {
    const former = this.element.querySelector('.divider.gap')
    const pending = this.#reachesEnd ? undefined : this.#pending.first
    if (former && former.nextElementSibling === pending) return
    const following = former && nextMessage(former)
    former?.remove()
    if (following) this.#arrangement.arrange(following)
    if (!pending) return
    pending.before(dividerOf({ kind: 'gap', label: 'Later messages' }))
    this.#arrangement.arrange(pending)
  }

  #fold(messages: readonly MessageFrame[]): void {
    const elements = messages.flatMap(({ seq }) => this.find(seq) ?? [])
    foldTall(elements)
    reachWideBlocks(elements)
  }
}
