/**
 * Keeps the visible content in place when something above it changes: messages that come or go, a picture that loads late,
 * another width of the window. The browser's own scroll anchoring is turned off (`overflow-anchor`), so that this happens once,
 * and in the same way everywhere.
 */
export class ScrollAnchor {
  readonly #scroll: HTMLElement
  readonly #firstBelow: (line: number) => HTMLElement | undefined
  #anchor: { readonly element: Element; readonly top: number; readonly scrolled: number } | undefined

  /** @param firstBelow finds the first message that ends below a line of the screen */
  constructor(scroll: HTMLElement, firstBelow: (line: number) => HTMLElement | undefined) {
    this.#scroll = scroll
    this.#firstBelow = firstBelow
  }

  /** The message at the upper edge, and how many pixels below that edge it begins. */
  get place(): { readonly message: HTMLElement; readonly offset: number } | undefined {
    const edge = this.#scroll.getBoundingClientRect().top
    const message = this.#firstBelow(edge)
    return message && { message, offset: Math.round(message.getBoundingClientRect().top - edge) }
  }

  /** Notes what the reader sees now. */
  remember(): void {
    const edge = this.#scroll.getBoundingClientRect().top
    const message = this.#firstBelow(edge)
    // The text, since a message may lose the name above it to one that comes before.
    const text = message?.querySelector('.text')
    const element = text && text.getBoundingClientRect().bottom > edge ? text : message
    this.#anchor = element && {
      element,
      top: element.getBoundingClientRect().top - edge,
      scrolled: this.#scroll.scrollTop,
    }
  }

  /** Brings back what was noted to where it was. To be called right after a change, before anything can scroll. */
  restore(): void {
    this.#restore(() => 0)
  }

  /** Does the same later: what was scrolled since it was noted stays scrolled. */
  stay(): void {
    this.#restore((scrolled) => {
      const { clientHeight, scrollHeight, scrollTop } = this.#scroll
      const isPushed = scrollTop < scrolled && scrollTop >= scrollHeight - clientHeight - 1
      return isPushed ? 0 : scrollTop - scrolled
    })
  }

  /** @param scrolledSince how far the reader has scrolled since they were so far down */
  #restore(scrolledSince: (scrolled: number) => number): void {
    if (!this.#anchor?.element.isConnected) return this.remember()
    const { element, scrolled, top } = this.#anchor
    const now = element.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top
    const moved = now - top + scrolledSince(scrolled)
    if (Math.abs(moved) >= 0.5) this.#scroll.scrollTop += moved
    this.remember()
  }
}
