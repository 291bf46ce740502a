import { byId } from '../live/dom.ts'
import { onLongPress } from '../live/long-press.ts'
import { Popup } from '../live/popup.ts'

const COMMANDS = ['reply', 'edit', 'delete', 'copy-text', 'copy-link', 'mute', 'remove', 'pick'] as const
export type MessageCommand = (typeof COMMANDS)[number]

export interface MessageMenuOptions {
  /** True if this person may delete messages of others. */
  readonly moderates: boolean
  readonly onCommand: (command: MessageCommand, message: HTMLElement) => void
  readonly onReact: (emoji: string, message: HTMLElement) => void
}

/**
 * What can be done about a message. The menu opens by the button at the message, which shows under the pointer and with the
 * focus, and by a long press. One of these buttons is a stop of the Tab key; the arrows go from there to those of the other
 * messages.
 */
export class MessageMenu {
  readonly #timeline: HTMLElement
  readonly #options: MessageMenuOptions
  readonly #menu = byId('message-menu', HTMLElement)
  readonly #popup: Popup
  #message: HTMLElement | undefined

  constructor(timeline: HTMLElement, options: MessageMenuOptions) {
    this.#timeline = timeline
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
    timeline.addEventListener('keydown', (event) => this.#key(event))
    timeline.addEventListener('focusin', ({ target }) => {
      if (target instanceof HTMLElement && target.matches('.more')) this.#setTabStop(target)
    })
    onLongPress(timeline, '.message[data-seq]:not(.deleted)', (message) => this.open(message))
    new MutationObserver(() => this.#setTabStop()).observe(timeline, { childList: true })
    for (const button of timeline.querySelectorAll<HTMLElement>('.more')) asButton(button)
    timeline.dataset.menu = ''
    this.#setTabStop()
  }

  /** Opens the menu of a message; where it is open, closes it. */
  toggle(message: HTMLElement): void {
    if (this.#message === message) this.#popup.close()
    else this.open(message)
  }

  open(message: HTMLElement): void {
    const button = buttonOf(message)
    if (!button) return
    const own = message.classList.contains('own')
    this.#item('edit').hidden = !own
    this.#item('delete').hidden = !own && !this.#options.moderates
    // Those who run the room have these too, for people and not for what speaks by itself.
    const isPerson = !own && message.querySelector(':scope > .byline > .bot') === null
    for (const item of this.#menu.querySelectorAll<HTMLElement>(
      '[data-command="mute"], [data-command="remove"]',
    ))
      item.hidden = !isPerson
    this.#popup.open(button)
    this.#message = message
    message.classList.add('chosen')
  }

  #item(command: MessageCommand): HTMLElement {
    const item = this.#menu.querySelector<HTMLElement>(`[data-command="${command}"]`)
    if (!item) throw new Error(`the menu has no ${command}`)
    return item
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

  /** At the button of a message. */
  #key(event: KeyboardEvent): void {
    const button = event.target instanceof HTMLElement && event.target.matches('.more') ? event.target : null
    if (!button) return
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      const message = button.closest<HTMLElement>('.message')
      if (message) this.open(message)
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      const buttons = this.#buttons()
      const there = buttons.indexOf(button) + (event.key === 'ArrowUp' ? -1 : 1)
      buttons[there]?.focus()
    }
  }

  #buttons(): HTMLElement[] {
    return [...this.#timeline.querySelectorAll<HTMLElement>('.message:not(.deleting) > .more')]
  }

  /** @param wanted else the newest, unless the focus is at another */
  #setTabStop(wanted?: HTMLElement): void {
    const buttons = this.#buttons()
    const stop = wanted ?? buttons.find((button) => button === document.activeElement) ?? buttons.at(-1)
    for (const button of this.#timeline.querySelectorAll<HTMLElement>('.more[tabindex="0"]'))
      button.tabIndex = -1
    if (stop) stop.tabIndex = 0
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
