/**
 * Makes the list of messages one stop of the Tab key: at the message that had the focus last, or at the newest. The arrow keys
 * lead from there to the others.
 */
export class MessageFocus {
  readonly #timeline: HTMLElement

  constructor(timeline: HTMLElement) {
    this.#timeline = timeline
    timeline.addEventListener('focusin', ({ target }) => {
      const message = target instanceof Element ? target.closest<HTMLElement>('.message') : null
      if (message) this.#setTabStop(message)
    })
    new MutationObserver(() => this.#setTabStop()).observe(timeline, { childList: true })
    this.#setTabStop()
  }

  /** The message that itself has the focus, and nothing in it. */
  get focused(): HTMLElement | undefined {
    const focused = document.activeElement
    const isMessage = focused instanceof HTMLElement && focused.matches('.message')
    return isMessage && this.#timeline.contains(focused) ? focused : undefined
  }

  /** Moves the focus where a key leads: an arrow, Home or End. @returns whether it is one of them */
  walk(key: string): boolean {
    switch (key) {
      case 'ArrowUp':
        this.#move(-1)
        return true
      case 'ArrowDown':
        this.#move(1)
        return true
      case 'Home':
        this.#focus(this.#messages()[0])
        return true
      case 'End':
        this.#focus(this.#messages().at(-1))
        return true
      default:
        return false
    }
  }

  /** @param by the number of messages to go down; negative: up */
  #move(by: number): void {
    const messages = this.#messages()
    const current = this.#current()
    const here = current ? messages.indexOf(current) : messages.length
    this.#focus(messages[here + by])
  }

  #focus(message: HTMLElement | undefined): void {
    if (!message) return
    if (!message.hasAttribute('tabindex')) message.tabIndex = -1
    message.focus()
  }

  #messages(): HTMLElement[] {
    return [...this.#timeline.querySelectorAll<HTMLElement>('.message')]
  }

  /** @param wanted else the newest, unless the focus is at another */
  #setTabStop(wanted?: HTMLElement): void {
    const stop = wanted ?? this.#current() ?? this.#messages().at(-1)
    for (const message of this.#timeline.querySelectorAll<HTMLElement>('.message[tabindex="0"]'))
      if (message !== stop) message.tabIndex = -1
    if (stop) stop.tabIndex = 0
  }

  /** The message that has the focus. */
  #current(): HTMLElement | undefined {
    const focused = document.activeElement?.closest<HTMLElement>('.message')
    return focused && this.#timeline.contains(focused) ? focused : undefined
  }
}
