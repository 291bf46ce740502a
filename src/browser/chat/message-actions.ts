import { excerptOf, messageAddress } from '../../chat/presentation.ts'
import type { ReplyTo } from '../../chat/protocol.ts'
import { find } from '../live/dom.ts'
import type { LivePage } from '../live/live-page.ts'
import { Notices } from '../live/notices.ts'
import { Popup } from '../live/popup.ts'
import type { Composer } from './composer.ts'
import { Deletions } from './deletions.ts'
import { EmojiPicker } from './emoji-picker.ts'
import { fetchMessage } from './history.ts'
import { buttonOf, type MessageCommand, MessageMenu } from './message-menu.ts'
import type { Timeline } from './timeline.ts'

export interface MessageActionsOptions {
  readonly page: LivePage
  readonly timeline: Timeline
  readonly composer: Composer
  readonly room: string
  readonly user: string
  /** True if this person may delete messages of others. */
  readonly moderates: boolean
  /** Where the list of emoji is. */
  readonly emoji: string
}

/** How long a message stands out that one was led to, in milliseconds. */
const FOUND = 3_000

/** The actions on a message: reply, edit, delete, react, and copy its link. */
export class MessageActions {
  readonly #options: MessageActionsOptions
  readonly #notices: Notices
  readonly #deletions: Deletions
  /** None where a browser has no popovers: the button at a message then leads to its page. */
  readonly #menu: MessageMenu | undefined
  readonly #picker: EmojiPicker | undefined

  constructor(options: MessageActionsOptions) {
    const { timeline, composer, moderates } = options
    this.#options = options
    this.#notices = new Notices(() => composer.focus())
    this.#deletions = new Deletions({
      notices: this.#notices,
      onPending: (seq, isPending) => timeline.setDeleting(seq, isPending),
      onDelete: (seq) => this.#delete(seq),
      onLeaving: (seq) => this.#deleteWhileLeaving(seq),
    })
    if (Popup.isSupported) {
      this.#picker = new EmojiPicker(options.emoji)
      this.#menu = new MessageMenu(timeline.element, {
        moderates,
        onCommand: (command, message) => this.#do(command, message),
        onReact: (emoji, message) => this.#react(message, emoji, true),
      })
    }
    timeline.element.addEventListener('click', (event) => this.#clicked(event))
  }

  /** Says something until it was read. */
  tell(notice: string): void {
    const { composer } = this.#options
    this.#notices.show(notice, { label: 'OK', onClick: () => composer.focus() })
  }

  /** Brings the focus to a message, for who reads or goes on from there. */
  focus(seq: number): void {
    const message = this.#options.timeline.find(seq)
    if (message) buttonOf(message)?.focus({ preventScroll: true })
  }

  /** Has the newest message of this person changed, if there is one on the page. */
  editLast(): void {
    const { lastOwn } = this.#options.timeline
    if (lastOwn) void this.#edit(lastOwn)
  }

  /** The text of a message is to be another one. */
  changeText(seq: number, text: string): void {
    const { page, timeline, composer } = this.#options
    timeline.setSaving(seq, true)
    const done = () => timeline.setSaving(seq, false)
    const refused = (error: string) => {
      done()
      this.#notices.show(`Your change was not saved: ${error}`, {
        label: 'Edit again',
        onClick: () => composer.edit(seq, text),
      })
    }
    page.commands.add({ type: 'edit', seq, message: text }, refused, done)
  }

  #clicked(event: MouseEvent): void {
    const control =
      event.target instanceof Element ? event.target.closest<HTMLElement>('[data-action]') : null
    const message = control?.closest<HTMLElement>('.message')
    if (!control || !message) return
    if (control.dataset.action === 'menu' && this.#menu) {
      event.preventDefault()
      this.#menu.toggle(message)
    } else if (control instanceof HTMLButtonElement && control.dataset.action === 'react') {
      event.preventDefault()
      this.#react(message, control.value, control.ariaPressed !== 'true')
    } else if (control.dataset.action === 'show' && this.#show(Number(control.dataset.target))) {
      event.preventDefault()
    }
  }

  #do(command: MessageCommand, message: HTMLElement): void {
    const button = buttonOf(message)
    if (command === 'reply') this.#options.composer.answer(replyTo(message))
    else if (command === 'edit') void this.#edit(message)
    else if (command === 'delete') this.#deletions.add(seqOf(message))
    else if (command === 'copy-text') void this.#copy(textOf(message), 'The text')
    else if (command === 'copy-link') void this.#copy(this.#addressOf(message), 'The link')
    else if (command === 'mute' || command === 'remove')
      location.assign(`/rooms/${this.#options.room}/members/${message.dataset.sender}#${command}`)
    else if (button) this.#picker?.open(button, (emoji) => this.#react(message, emoji, true))
  }

  /** The page may hold no more of a message than its HTML. */
  async #edit(message: HTMLElement): Promise<void> {
    const { composer, room, user } = this.#options
    try {
      const { seq, message: text } = await fetchMessage(room, user, seqOf(message))
      composer.edit(seq, text)
    } catch {
      this.#notices.show('The message could not be loaded.', {
        label: 'Try again',
        onClick: () => void this.#edit(message),
      })
    }
  }

  #delete(seq: number): void {
    const { page, timeline } = this.#options
    const refused = (error: string) => {
      timeline.setDeleting(seq, false)
      this.#tell(`The message was not deleted: ${error}`)
    }
    page.commands.add({ type: 'delete', seq }, refused)
  }

  /** The socket closes with the page, and nobody would see whether it still took this. */
  #deleteWhileLeaving(seq: number): void {
    const { room, user } = this.#options
    const token = find(document, 'input[name="_csrf"]', HTMLInputElement).value
    void fetch(`/api/rooms/${room}/messages/${seq}`, {
      method: 'DELETE',
      headers: { 'x-csrf-token': token, 'x-partyline-user': user },
      keepalive: true,
    })
  }

  #react(message: HTMLElement, emoji: string, on: boolean): void {
    const { page, timeline } = this.#options
    const seq = seqOf(message)
    timeline.setChosen(seq, emoji, on)
    page.commands.add({ type: 'react', seq, emoji, on }, (error) => {
      timeline.setChosen(seq, emoji, !on)
      this.#tell(`Your reaction was not saved: ${error}`)
    })
  }

  /** @returns whether the message is on the page, and now in sight */
  #show(seq: number): boolean {
    const message = this.#options.timeline.find(seq)
    if (!message) return false
    message.scrollIntoView({ block: 'center' })
    this.focus(seq)
    message.classList.add('found')
    setTimeout(() => message.classList.remove('found'), FOUND)
    return true
  }

  async #copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      this.#tell(`${what} was copied.`)
    } catch {
      // Without https a browser gives no clipboard.
      this.#tell(`${what} could not be copied: this browser allows it only over https.`)
    }
  }

  #addressOf(message: HTMLElement): string {
    return new URL(messageAddress(this.#options.room, seqOf(message)), location.href).href
  }

  #tell(text: string): void {
    this.#notices.tell(text)
  }
}

function seqOf(message: HTMLElement): number {
  return Number(message.dataset.seq)
}

function textOf(message: HTMLElement): string {
  return find(message, '.text', HTMLElement).textContent
}

function replyTo(message: HTMLElement): ReplyTo {
  const excerpt = excerptOf(textOf(message))
  const { sender = '', senderName } = message.dataset
  return {
    seq: seqOf(message),
    sender,
    ...(senderName === undefined ? {} : { sender_name: senderName }),
    excerpt,
  }
}
