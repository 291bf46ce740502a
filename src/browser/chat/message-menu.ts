import { byId } from '../live/dom.ts'
import { onLongPress } from '../live/long-press.ts'
import { Popup } from '../live/popup.ts'

const COMMANDS = [
  ...(['reply', 'edit', 'delete', 'pin', 'conversation', 'copy-text', 'copy-link'] as const),
  ...(['person', 'block', 'mute', 'remove', 'pick'] as const),
] as const
export type MessageCommand = (typeof COMMANDS)[number]

export interface MessageMenuOptions {
  /** Tells whether something can be done with a message. */
  readonly offers: (command: MessageCommand, message: HTMLElement) => boolean
  /** Returns the label of the link to the page of a message's author. */
  readonly aboutSender: (message: HTMLElement) => string
  readonly onCommand: (command: MessageCommand, message: HTMLElement) => void
  readonly onReact: (emoji: string, message: HTMLElement) => void
}

/**
 * The menu of actions on a message. It opens with the button at the message, which appears on hover and with the focus, with the
 * Enter key on a focused message, and with a long press.
 */
export class MessageMenu {
  readonly #options: MessageMenuOptions
  readonly #menu = byId('message-menu', HTMLElement)
  readonly #popup: Popup
  #message: HTMLElement | undefined

  constructor(timeline: HTMLElement, options: MessageMenuOptions) {
    this.#options = options
    this.#popup = new Popup(this.#menu, {
      onOpen: () => this.#items()[0]?.focus({ preventScroll: true }),
      onClose: () => {
        this.#message?.classList.remove('chosen')
        this.#message = undefined
      },
    })
    this.#menu.addEventListener('click', (event) => this.#choose(event))
    this.#menu.addEventListener('keydown', (event) => this.#walk(event))
    onLongPress(timeline, '.message[data-seq]:not(.deleted)', (message) => this.open(message))
    for (const button of timeline.querySelectorAll<HTMLElement>('.more')) asButton(button)
    // The menu leads there too, so that the list stays one stop of the Tab key for each message.
    for (const link of timeline.querySelectorAll<HTMLElement>('.byline a')) link.tabIndex = -1
    timeline.dataset.menu = ''
  }

  /** Opens the menu of a message; where it is open, closes it. */
  toggle(message: HTMLElement): void {
    if (this.#message === message) this.#popup.close()
    else this.open(message)
  }

  open(message: HTMLElement): void {
    const button = buttonOf(message)
    if (!button) return
    for (const item of this.#menu.querySelectorAll<HTMLElement>('[data-command]')) {
      const { command } = item.dataset
      item.hidden = !isCommand(command) || !this.#options.offers(command, message)
      if (command === 'person') item.textContent = this.#options.aboutSender(message)
      if (command === 'pin') item.textContent = message.querySelector(':scope > .pinned') ? 'Unpin' : 'Pin'
    }
    for (const item of this.#menu.querySelectorAll<HTMLElement>('[data-emoji]'))
      item.hidden = !this.#options.offers('pick', message)
    if (!message.hasAttribute('tabindex')) message.tabIndex = -1
    this.#popup.open(button, message)
    this.#message = message
    message.classList.add('chosen')
  }

  #items(): HTMLElement[] {
    return [...this.#menu.querySelectorAll<HTMLElement>('[role="menuitem"]:not([hidden])')]
  }

  #choose({ target }: Event): void {
    const item = target instanceof Element ? target.closest<HTMLElement>('[role="menuitem"]') : null
    const message = this.#message
    if (!item || !message) return
    this.#popup.close()
    const { command, emoji } = item.dataset
    if (emoji) this.#options.onReact(emoji, message)
    else if (isCommand(command)) this.#options.onCommand(command, message)
  }

  #walk(event: KeyboardEvent): void {
    const items = this.#items()
    const focused = document.activeElement
    const here = focused instanceof HTMLElement ? items.indexOf(focused) : -1
    const places: Readonly<Record<string, number>> = {
      ArrowDown: here + 1,
      ArrowRight: here + 1,
      ArrowUp: here - 1,
      ArrowLeft: here - 1,
      Home: 0,
      End: -1,
    }
    const there = places[event.key]
    if (there === undefined) {
      // As in any menu: Tab leaves it.
      if (event.key === 'Tab') this.#popup.close()
      return
    }
    event.preventDefault()
    items.at(there % items.length)?.focus()
  }
}

export function buttonOf(message: HTMLElement): HTMLElement | null {
  return message.querySelector<HTMLElement>(':scope > .more')
}

/** Makes a button of a link that the server rendered so that it works without a script. */
function asButton(link: HTMLElement): void {
  link.role = 'button'
  link.ariaHasPopup = 'menu'
  link.ariaExpanded = 'false'
  link.tabIndex = -1
}

function isCommand(command: string | undefined): command is MessageCommand {
  return COMMANDS.some((one) => one === command)
}
