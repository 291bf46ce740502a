/** Room that is left between a popup and the edges of the window, in pixels. */
const MARGIN = 8

export interface PopupOptions {
  readonly onOpen: () => void
  readonly onClose: () => void
}

/**
 * A panel above the page, next to the element it belongs to; on a narrow screen, styles move it to the lower edge. It closes
 * with Escape, with a press elsewhere, and when the focus leaves it. (The browser's own light dismissal is not used, because it
 * takes the end of the long press that opened the panel for a press elsewhere.)
 */
export class Popup {
  readonly element: HTMLElement
  readonly #options: PopupOptions
  #opener: HTMLElement | undefined
  #returnTo: HTMLElement | undefined

  /** @param element has the attribute `popover="manual"` */
  constructor(element: HTMLElement, options: PopupOptions) {
    this.element = element
    this.#options = options
    element.hidden = false
    const leave = (target: EventTarget | null) => {
      // A press on the opener is handled by the code that opened this.
      const isOutside = target instanceof Node && !element.contains(target) && !this.#opener?.contains(target)
      if (this.isOpen && isOutside) this.close(false)
    }
    document.addEventListener('pointerdown', ({ target }) => leave(target))
    element.addEventListener('focusout', ({ relatedTarget }) => leave(relatedTarget))
    element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      this.close()
    })
    // Not when it becomes lower: that is the keyboard of a phone.
    let width = innerWidth
    addEventListener('resize', () => {
      if (innerWidth !== width) this.close(false)
      width = innerWidth
    })
  }

  /** True if this browser has popovers. */
  static get isSupported(): boolean {
    return 'showPopover' in HTMLElement.prototype
  }

  get isOpen(): boolean {
    return this.element.matches(':popover-open')
  }

  /**
   * @param opener is what the popup stands beside
   * @param returnTo is given the focus when it closes
   */
  open(opener: HTMLElement, returnTo = opener): void {
    this.close(false)
    this.#opener = opener
    this.#returnTo = returnTo
    opener.ariaExpanded = 'true'
    this.element.showPopover()
    this.#follow(opener)
    this.#options.onOpen()
  }

  /** @param returnFocus whether the focus goes back to where it came from */
  close(returnFocus = true): void {
    if (!this.isOpen) return
    const opener = this.#opener
    this.#opener = undefined
    if (opener) opener.ariaExpanded = 'false'
    this.element.hidePopover()
    if (returnFocus) this.#returnTo?.focus({ preventScroll: true })
    this.#options.onClose()
  }

  /** Stays beside what opened it while that moves, as when somebody says something, or a picture above it has loaded. */
  #follow(opener: HTMLElement, at?: DOMRect): void {
    if (!this.isOpen || this.#opener !== opener) return
    const now = opener.isConnected ? opener.getBoundingClientRect() : at
    if (now && (now.top !== at?.top || now.left !== at.left)) this.#place(now)
    requestAnimationFrame(() => this.#follow(opener, now))
  }

  /** Below what it is about, or above where there is no room, and within the window. */
  #place(about: DOMRect): void {
    const { width, height } = this.element.getBoundingClientRect()
    const below = about.bottom + height + MARGIN <= innerHeight
    const top = below ? about.bottom : Math.max(MARGIN, about.top - height)
    // If it is too tall for either side, it is shown beside the button that opened it, so that the button can still close it.
    const covers = top < about.bottom && top + height > about.top
    const end = covers ? about.left : about.right
    const left = Math.max(MARGIN, Math.min(end - width, innerWidth - width - MARGIN))
    this.element.style.setProperty('--top', `${top}px`)
    this.element.style.setProperty('--left', `${left}px`)
  }
}
