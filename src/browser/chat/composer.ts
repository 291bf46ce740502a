import { hasVisible } from '../../channels/consumers/visible.ts'
import { excerptOf } from '../../chat/presentation.ts'
import type { MessageFrame, ReplyTo } from '../../chat/protocol.ts'
import { ownZone } from '../client/index.ts'
import { isComposing } from '../live/composing.ts'
import { byId, find, isPlain } from '../live/dom.ts'
import { Formatting } from './formatting.ts'
import { continueLists } from './list-continuation.ts'
import { characters, MessageLength } from './message-length.ts'
import { pasteAsMarkdown } from './pasting.ts'
import { shownExcerpt } from './shown-text.ts'
import { OwnTyping } from './typing.ts'
import { NOTHING, type Written } from './written.ts'

export interface ComposerOptions {
  /** @returns why it cannot be said now, where it cannot */
  readonly onSay: (text: string, reply: ReplyTo | undefined) => string | undefined
  /** Tells whether there is something to send beside the text. */
  readonly hasFiles: () => boolean
  /** Tells whether the reader has blocked somebody, whose messages are then not quoted. @param username of that person */
  readonly isBlocked: (username: string) => boolean
  /** The text of a message is to be replaced. */
  readonly onEdit: (seq: number, text: string) => void
  /** ↑ was pressed where nothing is written. */
  readonly onEditLast: () => void
  readonly onTyping: (on: boolean) => void
  /** The text has changed. */
  readonly onText: (text: string) => void
  /** Called when the draft changes, by typing, sending or restoring it. The text of a message that is being edited is not a draft. */
  readonly onWritten: () => void
  /** The message that was being edited or answered was deleted: says so. */
  readonly onGone: (notice: string) => void
}

/** The draft that the text of an edited message took the place of, with its selection and scroll position. */
interface Before {
  readonly written: Written
  readonly start: number
  readonly end: number
  readonly top: number
}

/** A message that is being changed, and its text as far as it is known here. */
interface Edited {
  readonly seq: number
  readonly text: string
  readonly before: Before
}

/** On a screen's keyboard Enter begins a line: there is a button to send, and no Shift and Enter. */
const touch = matchMedia('(hover: none) and (pointer: coarse)')

/**
 * The field for writing messages: Enter sends, Shift+Enter begins a new line. It also serves for editing a message and for
 * replying to one.
 */
export class Composer {
  readonly #options: ComposerOptions
  readonly #form = byId('composer', HTMLFormElement)
  readonly #text = byId('message', HTMLTextAreaElement)
  readonly #note = byId('composer-note', HTMLElement)
  readonly #mode = byId('composer-mode', HTMLElement)
  readonly #length = new MessageLength(this.#text)
  readonly #typing: OwnTyping
  #edited: Edited | undefined
  #reply: ReplyTo | undefined
  #isComposing = false
  /** True when what is written has gone to another page. */
  #isLeaving = false

  constructor(options: ComposerOptions) {
    this.#options = options
    this.#typing = new OwnTyping(options.onTyping)
    const zone = this.#form.elements.namedItem('zone')
    if (zone instanceof HTMLInputElement) zone.value = ownZone
    this.#form.addEventListener('submit', (event) => {
      // "Send later" leads to a page that asks when.
      if (event.submitter?.hasAttribute('formaction')) return this.#leaveFor()
      event.preventDefault()
      this.submit()
    })
    this.#text.enterKeyHint = touch.matches ? 'enter' : 'send'
    this.#text.addEventListener('keydown', (event) => this.#key(event))
    this.#text.addEventListener('input', () => this.#changed())
    this.#text.addEventListener('blur', () => this.#typing.stopped())
    this.#text.addEventListener('compositionstart', () => {
      this.#isComposing = true
    })
    this.#text.addEventListener('compositionend', () => {
      this.#isComposing = false
    })
    find(this.#mode, 'button', HTMLButtonElement).addEventListener('click', () => this.#cancel())
    new Formatting(this.#text)
    continueLists(this.#text)
    pasteAsMarkdown(this.#text, (pasted) => {
      this.#note.textContent = `Only the first ${characters(pasted)} were pasted.`
    })
    this.#takeOver()
    this.#fit()
    if (this.#text.value) this.#check()
  }

  /** The draft, whether or not a message is being edited meanwhile. */
  get written(): Written {
    if (this.#isLeaving) return NOTHING
    if (this.#edited) return this.#edited.before.written
    return { text: this.#text.value, ...(this.#reply && { reply: this.#reply }) }
  }

  /** False while an input method is composing. */
  get isFree(): boolean {
    return !this.#isComposing
  }

  /** Puts another text in place of what is being written; nobody is told of that. */
  replace(written: Written): void {
    if (this.#edited) {
      const end = written.text.length
      this.#edited = { ...this.#edited, before: { written, start: end, end, top: 0 } }
      return
    }
    this.#put({ written, start: written.text.length, end: written.text.length, top: 0 })
  }

  /** Goes on with the reply that the server has put into the form. */
  #takeOver(): void {
    const field = this.#form.elements.namedItem('reply')
    if (!(field instanceof HTMLInputElement)) return
    const { sender = '', senderName, excerpt = '' } = field.dataset
    field.remove()
    find(this.#mode, 'button', HTMLButtonElement).hidden = false
    const named = senderName === undefined ? {} : { sender_name: senderName }
    this.#showReply({ seq: Number(field.value), sender, ...named, excerpt })
  }

  /** Puts a text back into the composer to be changed. What is already there is kept after it. */
  giveBack(text: string, reply?: ReplyTo): void {
    if (this.#edited) this.#cancel()
    if (reply) this.#showReply(reply)
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text
    this.focus()
    this.#changed()
  }

  /** Has a message changed. What was being written comes back afterwards. */
  edit(seq: number, text: string): void {
    if (this.#edited) this.#cancel()
    const { selectionStart: start, selectionEnd: end, scrollTop: top } = this.#text
    this.#edited = { seq, text, before: { written: this.written, start, end, top } }
    this.#text.value = text
    this.#showMode('Editing your message')
    this.focus()
    this.#text.setSelectionRange(text.length, text.length)
    this.#changed()
  }

  /** Has what is written next answer a message. */
  answer(reply: ReplyTo): void {
    if (this.#edited) this.#cancel()
    this.#showReply(reply)
    this.focus()
    this.#options.onWritten()
  }

  /**
   * A message was changed or deleted, perhaps the one that is being edited or answered here: a deleted one can be neither edited nor
   * answered, and nothing of its text stays.
   */
  follow(message: MessageFrame): void {
    this.#followAnswered(message)
    if (message.seq !== this.#edited?.seq) return
    if (message.deleted) this.#leaveDeleted()
    else if (message.message !== this.#edited.text) this.#changedElsewhere(this.#edited, message.message)
  }

  /** The reader has blocked or unblocked somebody, perhaps the person who is answered here. */
  blocksChanged(): void {
    if (this.#reply && !this.#edited) this.#showReply(this.#reply)
  }

  /** Tells something about what is being written; empty: nothing any more. */
  tell(words: string): void {
    this.#note.textContent = words
  }

  /** Brings the focus to where one writes; where nothing can be written, to what can be read. */
  focus(): void {
    if (this.#form.hidden) byId('scroll', HTMLElement).focus({ preventScroll: true })
    else this.#text.focus()
  }

  /** Ends writing: nothing can be sent here any more. The draft stays, to be copied. */
  close(): void {
    this.#text.readOnly = true
    for (const control of this.#form.querySelectorAll<HTMLButtonElement>('button[type="submit"]'))
      control.disabled = true
  }

  /** Takes the draft along to the page that asks when to send it. */
  #leaveFor(): void {
    this.#typing.stopped(true)
    this.#isLeaving = true
    this.#options.onWritten()
    // The browser's Back button leads back to the same page, where one goes on writing.
    addEventListener('pageshow', () => {
      this.#isLeaving = false
    })
  }

  #key(event: KeyboardEvent): void {
    if (isComposing(event) || this.#isCompleting(event)) return
    if (event.key === 'Enter' && !event.shiftKey && !touch.matches) {
      event.preventDefault()
      this.submit()
    } else if (event.key === 'ArrowUp' && isPlain(event) && this.#text.value === '' && !this.#text.readOnly) {
      event.preventDefault()
      this.#options.onEditLast()
    } else if (event.key === 'Escape' && !this.#mode.hidden) {
      event.preventDefault()
      this.#cancel()
    }
  }

  /** Tells whether a key is for the list of people that is open. */
  #isCompleting({ key }: KeyboardEvent): boolean {
    return (
      this.#text.hasAttribute('aria-controls') &&
      ['Enter', 'Escape', 'ArrowUp', 'ArrowDown', 'Tab'].includes(key)
    )
  }

  /** Sends what is written, or saves a message that is being changed. */
  submit(): void {
    const isText = hasVisible(this.#text.value)
    const text = isText ? this.#text.value : ''
    const isSomething = isText || (!this.#edited && this.#options.hasFiles())
    if (!isSomething || this.#text.readOnly || !this.#check()) return this.focus()
    if (this.#edited) this.#finishEdit(text)
    else this.#say(text)
    this.focus()
  }

  #finishEdit(text: string): void {
    const edited = this.#edited
    this.#cancel()
    if (edited && text !== edited.text) this.#options.onEdit(edited.seq, text)
  }

  #say(text: string): void {
    const fault = this.#options.onSay(text, this.#reply)
    if (fault !== undefined) {
      this.#note.textContent = fault
      return
    }
    this.#typing.stopped(true)
    this.#put({ written: NOTHING, start: 0, end: 0, top: 0 })
    this.#options.onWritten()
  }

  /** Neither edits nor answers any more: what was being written before an edit is there again, and the caret where it was. */
  #cancel(): void {
    if (this.#edited) {
      this.focus()
      return this.#restore()
    }
    this.#reply = undefined
    this.#mode.hidden = true
    this.focus()
    this.#options.onWritten()
  }

  /** Leaves the message that was edited as it is. */
  #restore(): void {
    const edited = this.#edited
    this.#edited = undefined
    if (edited) this.#put(edited.before)
  }

  #followAnswered(message: MessageFrame): void {
    const draft = this.written
    if (draft.reply?.seq !== message.seq) return
    // None is shown where the reader has blocked its sender.
    const excerpt = draft.reply.excerpt && shownExcerpt(message)
    if (excerpt === draft.reply.excerpt && !message.deleted) return
    const reply = message.deleted ? undefined : { ...draft.reply, excerpt }
    if (this.#edited) {
      const { before } = this.#edited
      this.#edited = { ...this.#edited, before: { ...before, written: { text: draft.text, reply } } }
    } else if (reply) this.#showReply(reply)
    else {
      this.#reply = undefined
      this.#mode.hidden = true
    }
    if (!reply) this.#options.onGone('The message you were replying to was deleted.')
    this.#options.onWritten()
  }

  /** Ends the editing of a message that was deleted meanwhile, and keeps a changed text as a draft. */
  #leaveDeleted(): void {
    const { value } = this.#text
    const isChanged = value !== this.#edited?.text && hasVisible(value)
    const hadFocus = this.#form.contains(document.activeElement)
    this.#restore()
    if (isChanged) this.giveBack(value)
    else if (hadFocus) this.focus()
    const kept = isChanged ? ' Your text is still in the message box.' : ''
    this.#options.onGone(`The message you were editing was deleted.${kept}`)
  }

  /** The same person has changed the message on another device, or in another tab. */
  #changedElsewhere(edited: Edited, text: string): void {
    const isUntouched = this.#text.value === edited.text && this.isFree
    this.#edited = { ...edited, text }
    if (isUntouched) {
      this.#text.value = text
      this.#changed()
    } else this.#showMode(`Editing your message, which you have changed elsewhere to: ${excerptOf(text)}`)
  }

  #put({ written: { text, reply }, start, end, top }: Before): void {
    this.#text.value = text
    this.#reply = undefined
    this.#mode.hidden = true
    if (reply) this.#showReply(reply)
    this.#fit()
    this.#check()
    this.#text.setSelectionRange(start, end)
    this.#text.scrollTop = top
  }

  #showReply(reply: ReplyTo): void {
    this.#reply = reply
    const { excerpt, sender, sender_name: name = sender } = reply
    const isQuoted = excerpt !== '' && !this.#options.isBlocked(sender)
    this.#showMode(`Replying to ${isQuoted ? `${name}: ${excerpt}` : name}`)
  }

  #showMode(label: string): void {
    find(this.#mode, 'span', HTMLElement).textContent = label
    this.#mode.hidden = false
  }

  #changed(): void {
    this.#fit()
    this.#check()
    if (this.#edited) return
    this.#options.onWritten()
    if (this.#text.value.trim()) this.#typing.typed()
    else this.#typing.stopped()
  }

  /** @returns whether what is written may be said */
  #check(): boolean {
    this.#options.onText(this.#text.readOnly ? '' : this.#text.value)
    return this.#length.check()
  }

  /** For browsers without `field-sizing`. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`
  }
}
