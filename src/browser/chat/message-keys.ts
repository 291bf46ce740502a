import { isComposing } from '../live/composing.ts'
import { byId, find } from '../live/dom.ts'
import type { MessageFocus } from './message-focus.ts'
import type { MessageCommand } from './message-menu.ts'

export interface MessageKeysOptions {
  readonly timeline: HTMLElement
  readonly focus: MessageFocus
  /** @returns whether this can be done with the message */
  readonly onCommand: (command: MessageCommand, message: HTMLElement) => boolean
  readonly onMenu: (message: HTMLElement) => void
  readonly onNewest: () => void
  /** To where the unread begins. */
  readonly onUnread: () => void
  /** Back to where one writes. */
  readonly onLeave: () => void
}

const COMMANDS: Readonly<Record<string, MessageCommand>> = {
  r: 'reply',
  e: 'edit',
  d: 'delete',
  Delete: 'delete',
  Backspace: 'delete',
  '+': 'pick',
  p: 'pin',
  c: 'conversation',
}

/**
 * Handles keys that act on a message while the message itself has the focus, and nothing inside it: elsewhere, keys belong to
 * fields and screen readers.
 */
export class MessageKeys {
  readonly #options: MessageKeysOptions
  readonly #help = byId('keyboard-help', HTMLDialogElement)

  constructor(options: MessageKeysOptions) {
    this.#options = options
    options.timeline.addEventListener('keydown', (event) => {
      const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey
      if (!isPlain || event.defaultPrevented || isComposing(event) || isPlayer(event.target)) return
      const { focused } = options.focus
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
      if (this.#walk(key) || (focused && this.#press(key, focused))) event.preventDefault()
    })
    const opener = byId('show-keys', HTMLButtonElement)
    opener.hidden = false
    opener.addEventListener('click', () => this.#showHelp())
    find(this.#help, 'button', HTMLButtonElement).addEventListener('click', () => this.#help.close())
  }

  /** Also from what is in a message: nothing but players does anything with these keys. @returns whether the key does something */
  #walk(key: string): boolean {
    const { focus, onNewest } = this.#options
    if (!focus.walk(key)) return false
    if (key === 'End') onNewest()
    return true
  }

  /** @returns whether the key does something here */
  #press(key: string, message: HTMLElement): boolean {
    const { onCommand, onLeave, onMenu, onUnread } = this.#options
    const command = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined
    if (command) return onCommand(command, message)
    switch (key) {
      case 'Enter':
        onMenu(message)
        return true
      case 'u':
        onUnread()
        return true
      case 'Escape':
        onLeave()
        return true
      case '?':
        this.#showHelp()
        return true
      default:
        return false
    }
  }

  /** The browser gives the focus back to where it was when the dialog closes. */
  #showHelp(): void {
    this.#help.showModal()
  }
}

/** Players turn their sound up, and go to another moment, with keys of their own. */
function isPlayer(target: EventTarget | null): boolean {
  return target instanceof HTMLMediaElement
}
