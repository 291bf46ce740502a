import renderGroup from '#views/chat/emoji-group.eta'
import type { EmojiGroup } from '../../chat/presentation.ts'
import { byId } from '../live/dom.ts'
import { elementOf } from '../live/html.ts'
import { Popup } from '../live/popup.ts'
import { findEmoji } from './emoji-search.ts'

/** All emoji, searchable by name, to choose by pointer or keyboard. They are loaded when the picker is first opened. */
export class EmojiPicker {
  readonly #panel = byId('emoji-picker', HTMLElement)
  readonly #search = byId('emoji-search', HTMLInputElement)
  readonly #list = byId('emoji-list', HTMLElement)
  readonly #status = byId('emoji-status', HTMLElement)
  readonly #popup: Popup
  readonly #address: string
  #groups: readonly EmojiGroup[] = []
  /** The groups as they are shown while nothing is searched for. */
  #sections: readonly HTMLElement[] = []
  #onPick: (emoji: string) => void = () => {}

  /** @param address of the list of emoji */
  constructor(address: string) {
    this.#address = address
    this.#popup = new Popup(this.#panel, {
      // On a phone the keyboard would cover what one has come for.
      onOpen: () => (matchMedia('(pointer: fine)').matches ? this.#search : this.#panel).focus(),
      onClose: () => {},
    })
    this.#search.addEventListener('input', () => this.#find())
    this.#list.addEventListener('click', ({ target }) => {
      const emoji = target instanceof HTMLButtonElement ? target.value : ''
      if (emoji) this.#pick(emoji)
    })
    this.#panel.addEventListener('keydown', (event) => this.#walk(event))
  }

  /** @param returnTo is given the focus when it closes */
  open(opener: HTMLElement, returnTo: HTMLElement, onPick: (emoji: string) => void): void {
    this.#onPick = onPick
    this.#search.value = ''
    this.#popup.open(opener, returnTo)
    if (this.#groups.length > 0) this.#find()
    else void this.#load()
  }

  #pick(emoji: string): void {
    this.#popup.close()
    this.#onPick(emoji)
  }

  async #load(): Promise<void> {
    this.#status.textContent = 'Loading…'
    try {
      const response = await fetch(this.#address)
      if (!response.ok) throw new Error(`the emoji were answered with ${response.status}`)
      this.#groups = await response.json()
      this.#sections = this.#groups.map((group) => elementOf(renderGroup(group)))
      this.#find()
    } catch {
      this.#status.textContent = 'The emoji could not be loaded. Close this and try again.'
    }
  }

  /** Shows what is searched for, the likeliest first; where nothing is, all of them. */
  #find(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean)
    const found = findEmoji(this.#groups, words)
    const isAll = words.length === 0
    this.#list.replaceChildren(
      ...(isAll ? this.#sections : [elementOf(renderGroup({ name: 'Found', emoji: found }))]),
    )
    this.#list.hidden = found.length === 0
    this.#setTabStop(this.#shown()[0])
    this.#status.textContent = found.length === 0 ? 'No emoji match.' : ''
    this.#list.scrollTop = 0
  }

  #shown(): HTMLButtonElement[] {
    return [...this.#list.querySelectorAll<HTMLButtonElement>('button')]
  }

  #setTabStop(stop: HTMLElement | undefined): void {
    for (const button of this.#list.querySelectorAll<HTMLElement>('[tabindex="0"]')) button.tabIndex = -1
    if (stop) stop.tabIndex = 0
  }

  #walk(event: KeyboardEvent): void {
    const shown = this.#shown()
    if (event.target === this.#search) {
      if (event.key === 'Enter' && this.#search.value && shown[0]) {
        event.preventDefault()
        this.#pick(shown[0].value)
      } else if (event.key === 'ArrowDown') {
        event.preventDefault()
        this.#focus(shown[0])
      }
      return
    }
    const focused = document.activeElement
    const here = focused instanceof HTMLButtonElement ? shown.indexOf(focused) : -1
    const current = shown[here]
    if (!current) return
    const targets: Readonly<Record<string, () => HTMLElement | undefined>> = {
      ArrowLeft: () => shown[here - 1] ?? this.#search,
      ArrowRight: () => shown[here + 1],
      ArrowUp: () => nearestIn(shown.slice(0, here).reverse(), current) ?? this.#search,
      ArrowDown: () => nearestIn(shown.slice(here + 1), current),
      Home: () => shown[0],
      End: () => shown.at(-1),
    }
    const target = targets[event.key]
    if (!target) return
    event.preventDefault()
    this.#focus(target())
  }

  #focus(target: HTMLElement | undefined): void {
    if (!target) return
    if (target !== this.#search) this.#setTabStop(target)
    target.focus()
  }
}

/** In the next row among `candidates`, nearest first: the one that is least far to the side. */
function nearestIn(candidates: readonly HTMLElement[], from: HTMLElement): HTMLElement | undefined {
  const row = candidates.find(({ offsetTop }) => offsetTop !== from.offsetTop)?.offsetTop
  if (row === undefined) return undefined
  const inRow = candidates.filter(({ offsetTop }) => offsetTop === row)
  const distance = ({ offsetLeft }: HTMLElement) => Math.abs(offsetLeft - from.offsetLeft)
  return inRow.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best))
}
