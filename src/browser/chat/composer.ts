import { hasVisible } from '../../channels/consumers/visible.ts'
import type { ReplyTo } from '../../chat/protocol.ts'
import { ownZone } from '../client/index.ts'
import { isComposing } from '../live/composing.ts'
import { byId, find } from '../live/dom.ts'
import { tabStorage } from '../live/tab-storage.ts'
import { OwnTyping } from './typing.ts'

export interface ComposerOptions {
  /** Where a text that is being written is kept, over a reload. */
  readonly key: string
  /** @returns why it cannot be said now, where it cannot */
  readonly onSay: (text: string, reply: ReplyTo | undefined) => string | undefined
  /** The text of a message is to be another one. */
  readonly onEdit: (seq: number, text: string) => void
  /** ↑ was pressed where nothing is written. */
  readonly onEditLast: () => void
  readonly onTyping: (on: boolean) => void
  /** The text is another one. */
  readonly onText: (text: string) => void
}

const LENGTH = 4_000
/** Characters before the limit at which they begin to be counted down. */
const WARN = 400

/** On a screen's keyboard Enter begins a line: there is a button to send, and no Shift and Enter. */
const touch = matchMedia('(hover: none) and (pointer: coarse)')

/** Where one writes: Enter says it, Shift and Enter begin a line. A message can also be changed here, or answered. */
export class Composer {
  readonly #options: ComposerOptions
  readonly #form = byId('composer', HTMLFormElement)
  readonly #text = byId('message', HTMLTextAreaElement)
  readonly #count = byId('composer-count', HTMLElement)
  readonly #note = byId('composer-note', HTMLElement)
  readonly #mode = byId('composer-mode', HTMLElement)
  readonly #typing: OwnTyping
  /** The message that is being changed. */
  #edited: { readonly seq: number; readonly text: string } | undefined
  #reply: ReplyTo | undefined

  constructor(options: ComposerOptions) {
    this.#options = options
    this.#typing = new OwnTyping(options.onTyping)
    if (!this.#text.value) this.#text.value = tabStorage.get(options.key)
    const zone = this.#form.elements.namedItem('zone')
    if (zone instanceof HTMLInputElement) zone.value = ownZone
    this.#form.addEventListener('submit', (event) => {
      // "Send later" leads to a page that asks when.
      if (event.submitter?.hasAttribute('formaction')) return this.#leaveFor()
      event.preventDefault()
      this.#submit()
    })
    this.#text.enterKeyHint = touch.matches ? 'enter' : 'send'
    this.#text.addEventListener('keydown', (event) => this.#key(event))
    this.#text.addEventListener('input', () => this.#changed())
    this.#text.addEventListener('blur', () => this.#typing.stopped())
    find(this.#mode, 'button', HTMLButtonElement).addEventListener('click', () => this.#cancel())
    this.#takeOver()
    this.#fit()
    if (this.#text.value) this.#check()
  }

  /** Goes on with the reply of a form that the server gave back. */
  #takeOver(): void {
    const field = this.#form.elements.namedItem('reply')
    if (!(field instanceof HTMLInputElement)) return
    const { sender = '', senderName, excerpt = '' } = field.dataset
    field.remove()
    find(this.#mode, 'button', HTMLButtonElement).hidden = false
    const named = senderName === undefined ? {} : { sender_name: senderName }
    this.answer({ seq: Number(field.value), sender, ...named, excerpt })
  }

  /** Gives a text back to be changed. What stands there already is kept behind it. */
  giveBack(text: string, reply?: ReplyTo): void {
    this.#cancel()
    if (reply) this.answer(reply)
    this.#text.value = this.#text.value ? `${text}\n${this.#text.value}` : text
    this.#text.focus()
    this.#changed()
  }

  /** Has a message changed. What was being written comes back afterwards. */
  edit(seq: number, text: string): void {
    this.#cancel()
    this.#edited = { seq, text }
    this.#text.value = text
    this.#showMode('Editing your message')
    this.#text.setSelectionRange(text.length, text.length)
    this.#changed()
  }

  /** Has what is written next answer a message. */
  answer(reply: ReplyTo): void {
    if (this.#edited) this.#cancel()
    this.#reply = reply
    this.#showMode(`Replying to ${reply.sender_name ?? reply.sender}: ${reply.excerpt}`)
  }

  focus(): void {
    this.#text.focus()
  }

  /** Nothing can be said here any more; what was being written stays, to be copied. */
  close(): void {
    this.#text.readOnly = true
    for (const control of this.#form.querySelectorAll<HTMLButtonElement>('button[type="submit"]'))
      control.disabled = true
  }

  /** What is written goes to the page that asks when to send it. */
  #leaveFor(): void {
    this.#typing.stopped(true)
    tabStorage.set(this.#options.key, '')
  }

  #key(event: KeyboardEvent): void {
    if (isComposing(event) || this.#isCompleting(event)) return
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
    if (event.key === 'Enter' && !event.shiftKey && !touch.matches) {
      event.preventDefault()
      this.#submit()
    } else if (event.key === 'ArrowUp' && isPlain && this.#text.value === '' && !this.#text.readOnly) {
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

  #submit(): void {
    const text = this.#text.value
    if (!hasVisible(text) || this.#text.readOnly || !this.#check()) return this.focus()
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
    this.#reply = undefined
    this.#mode.hidden = true
    this.#text.value = ''
    this.#typing.stopped(true)
    this.#fit()
    this.#check()
    tabStorage.set(this.#options.key, '')
  }

  /** Neither edits nor answers any more: what was being written before an edit is there again. */
  #cancel(): void {
    if (this.#edited) this.#text.value = tabStorage.get(this.#options.key)
    this.#edited = undefined
    this.#reply = undefined
    this.#mode.hidden = true
    this.#fit()
    this.#check()
    this.focus()
  }

  #showMode(label: string): void {
    find(this.#mode, 'span', HTMLElement).textContent = label
    this.#mode.hidden = false
    this.focus()
  }

  #changed(): void {
    this.#fit()
    this.#check()
    if (this.#edited) return
    tabStorage.set(this.#options.key, this.#text.value)
    if (this.#text.value.trim()) this.#typing.typed()
    else this.#typing.stopped()
  }

  /** Counts for the eye, and says aloud only when a text becomes too long. @returns whether it may be said */
  #check(): boolean {
    this.#options.onText(this.#text.readOnly ? '' : this.#text.value)
    const left = LENGTH - [...this.#text.value].length
    const fits = left >= 0
    this.#text.ariaInvalid = fits ? null : 'true'
    this.#count.textContent = left < WARN ? `${characters(Math.abs(left))} ${fits ? 'left' : 'too many'}` : ''
    const note = fits ? '' : `A message has at most ${characters(LENGTH)}.`
    if (this.#note.textContent !== note) this.#note.textContent = note
    return fits
  }

  /** For browsers without `field-sizing`. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#text.style.height = 'auto'
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`
  }
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${count.toLocaleString()} characters`
}
