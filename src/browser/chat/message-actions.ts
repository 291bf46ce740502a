import { excerptOf, messageAddress } from '../../chat/presentation.ts'
import type { ReplyTo } from '../../chat/protocol.ts'
import { filesExcerpt } from '../../files/presentation.ts'
import { personAddress } from '../../web/presentation.ts'
import { find } from '../live/dom.ts'
import type { LivePage } from '../live/live-page.ts'
import { Notices } from '../live/notices.ts'
import { Popup } from '../live/popup.ts'
import { localError } from '../live/times.ts'
import type { Composer } from './composer.ts'
import { Deletions } from './deletions.ts'
import { EmojiPicker } from './emoji-picker.ts'
import { fetchMessage } from './history.ts'
import { highlight } from './message-elements.ts'
import { buttonOf, type MessageCommand, MessageMenu } from './message-menu.ts'
import { shownText } from './shown-text.ts'
import type { Timeline } from './timeline.ts'

export interface MessageActionsOptions {
  readonly page: LivePage
  readonly timeline: Timeline
  readonly composer: Composer
  readonly room: string
  readonly user: string
  /** True if this person may delete messages of others. */
  readonly moderates: boolean
  /** True if this person may pin messages. */
  readonly pins: boolean
  /** True if this person may mute and remove people. */
  readonly administers: boolean
  /** Tells whether nothing in the room can be changed now. */
  readonly isArchived: () => boolean
  /** The address of the list of emoji. */
  readonly emoji: string
}

/** Commands that are offered for messages of an archived room. */
const READING: ReadonlySet<MessageCommand> = new Set([
  'conversation',
  'copy-text',
  'copy-link',
  'person',
  'block',
  'mute',
  'remove',
])

/** The actions on a message: reply, edit, delete, react, and copy its link. */
export class MessageActions {
  readonly #options: MessageActionsOptions
  readonly #notices: Notices
  readonly #deletions: Deletions
  /** None where a browser has no popovers: the button at a message then leads to its page. */
  readonly #menu: MessageMenu | undefined
  readonly #picker: EmojiPicker | undefined

  constructor(options: MessageActionsOptions) {
    const { timeline, composer } = options
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
        offers: (command, message) => this.#offers(command, message),
        aboutSender: (message) => this.#aboutSender(message),
        onCommand: (command, message) => this.#do(command, message),
        onReact: (emoji, message) => this.#react(message, emoji, true),
      })
    }
    timeline.element.addEventListener('click', (event) => this.#clicked(event))
  }

  /** Shows a notice until the reader dismisses it. */
  tell(notice: string): void {
    const { composer } = this.#options
    this.#notices.show(notice, { label: 'OK', onClick: () => composer.focus() })
  }

  /** Tells somebody who tries to change something that nothing can be changed. */
  tellArchived(): void {
    this.#tell('This room is archived, so nothing in it can be changed.')
  }

  /** Moves the focus to a message, so that a screen reader reads it and the keyboard goes on from there. */
  focus(seq: number): void {
    const message = this.#options.timeline.find(seq)
    if (message) this.#options.timeline.focus(message)
  }

  /** Opens the menu of a message. */
  openMenu(message: HTMLElement): void {
    this.#menu?.open(message)
  }

  /** Does something with a message. @returns whether it can be done */
  run(command: MessageCommand, message: HTMLElement): boolean {
    if (!this.#offers(command, message)) return false
    this.#do(command, message)
    return true
  }

  /** Has the newest message of this person changed, if there is one on the page. */
  editLast(): void {
    const { lastOwn } = this.#options.timeline
    if (lastOwn) void this.#edit(lastOwn)
  }

  /** Replaces the text of a message. */
  changeText(seq: number, text: string): void {
    const { page, timeline, composer } = this.#options
    timeline.setSaving(seq, true)
    const done = () => timeline.setSaving(seq, false)
    const refused = (error: string, code: string) => {
      done()
      if (code === 'not_found') {
        composer.giveBack(text)
        return this.tell(
          'The message was deleted before your change was saved. Your text is in the message box.',
        )
      }
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

  #offers(command: MessageCommand, message: HTMLElement): boolean {
    const { seq } = message.dataset
    if (seq === undefined || message.matches('.deleted, .deleting')) return false
    const { administers, isArchived, moderates, pins, timeline } = this.#options
    if (isArchived() && !READING.has(command)) return false
    const isOwn = message.classList.contains('own')
    switch (command) {
      case 'edit':
        return isOwn
      case 'delete':
        return isOwn || moderates
      case 'pin':
        return pins
      case 'conversation':
        return (
          message.querySelector(':scope > .reply') !== null ||
          timeline.element.querySelector(`.reply[data-target="${seq}"]`) !== null
        )
      case 'block':
        return !isOwn && !isByProgram(message)
      case 'person':
        return personAddressOf(message) !== undefined
      case 'mute':
      case 'remove':
        return administers && !isOwn && !isByProgram(message)
      default:
        return true
    }
  }

  #do(command: MessageCommand, message: HTMLElement): void {
    const button = buttonOf(message)
    if (command === 'reply') this.#options.composer.answer(replyTo(message))
    else if (command === 'edit') void this.#edit(message)
    else if (command === 'delete') this.#deletions.add(seqOf(message))
    else if (command === 'pin') void this.#pin(message)
    else if (command === 'conversation')
      location.assign(`/rooms/${this.#options.room}/messages/${seqOf(message)}/conversation`)
    else if (command === 'copy-text') void this.#copy(textOf(message), 'The text')
    else if (command === 'copy-link') void this.#copy(this.#addressOf(message), 'The link')
    else if (command === 'block') location.assign(`/people/${message.dataset.sender}#block`)
    else if (command === 'person') location.assign(personAddressOf(message) ?? '/people')
    else if (command === 'mute' || command === 'remove')
      location.assign(`/rooms/${this.#options.room}/members/${message.dataset.sender}#${command}`)
    else if (button) this.#picker?.open(button, message, (emoji) => this.#react(message, emoji, true))
  }

  /** With their status, where it is known: of those who are here. */
  #aboutSender({ dataset: { sender = '', senderName } }: HTMLElement): string {
    const status = this.#options.page.roster.statusOf(sender)
    const about = `About ${senderName ?? sender}`
    return status === undefined ? about : `${about} · ${status}`
  }

  /** The page may hold no more of a message than its HTML. */
  async #edit(message: HTMLElement): Promise<void> {
    const { composer, room, timeline, user } = this.#options
    const typed = timeline.ownTexts.of(message)
    if (typed !== undefined) return composer.edit(seqOf(message), typed)
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
    void this.#request('DELETE', `messages/${seq}`, { keepalive: true })
  }

  async #pin(message: HTMLElement): Promise<void> {
    const isPinned = message.querySelector(':scope > .pinned') !== null
    try {
      const answer = await this.#request(isPinned ? 'DELETE' : 'PUT', `pins/${seqOf(message)}`)
      if (answer.ok) return this.#tell(isPinned ? 'Message unpinned.' : 'Message pinned.')
      this.tell(`The message was not ${isPinned ? 'unpinned' : 'pinned'}: ${localError(await answer.json())}`)
    } catch {
      this.#notices.show(`The message could not be ${isPinned ? 'unpinned' : 'pinned'}.`, {
        label: 'Try again',
        onClick: () => void this.#pin(message),
      })
    }
  }

  #request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const { room, user } = this.#options
    const token = find(document, 'input[name="_csrf"]', HTMLInputElement).value
    const headers = { 'x-csrf-token': token, 'x-partyline-user': user }
    return fetch(`/api/rooms/${room}/${path}`, { ...init, method, headers })
  }

  #react(message: HTMLElement, emoji: string, on: boolean): void {
    const { isArchived, page, timeline } = this.#options
    if (isArchived()) return this.tellArchived()
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
    highlight(message)
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

/** A bot or a hook said it. */
function isByProgram(message: HTMLElement): boolean {
  return message.querySelector(':scope > .byline > .bot') !== null
}

function seqOf(message: HTMLElement): number {
  return Number(message.dataset.seq)
}

/** The address of the page of a message's author; undefined: they have none, such as a hook. */
function personAddressOf(message: HTMLElement): string | undefined {
  return isByProgram(message) ? undefined : personAddress(message.dataset.sender ?? '')
}

function textOf(message: HTMLElement): string {
  return shownText(find(message, '.text', HTMLElement))
}

function fileNames(message: HTMLElement): { readonly name: string }[] {
  const files = message.querySelectorAll<HTMLElement>('.file')
  return [...files].map(({ dataset }) => ({ name: dataset.name ?? '' }))
}

function replyTo(message: HTMLElement): ReplyTo {
  const excerpt = excerptOf(textOf(message)) || filesExcerpt(fileNames(message))
  const { sender = '', senderName } = message.dataset
  return {
    seq: seqOf(message),
    sender,
    ...(senderName === undefined ? {} : { sender_name: senderName }),
    excerpt,
  }
}
