import { byId, find } from '../live/dom.ts'
import type { Written } from './written.ts'

/** Characters of an offered text that are shown. */
const SHOWN = 160

/** Offers a draft from another device, above the one on this device. */
export class DraftOffer {
  readonly #element = byId('composer-offer', HTMLElement)
  readonly #words = find(this.#element, 'span', HTMLElement)

  constructor(onUse: () => void, onKeep: () => void) {
    const [use, keep] = this.#element.querySelectorAll('button')
    use?.addEventListener('click', onUse)
    keep?.addEventListener('click', onKeep)
  }

  /** @param isMine whether it stood here before, and not on another device */
  show(written: Written | undefined, isMine: boolean): void {
    this.#element.hidden = written === undefined
    const text = written?.text ?? ''
    const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
    this.#words.textContent = written
      ? `${isMine ? 'You had started writing here' : 'You had started writing on another device'}: “${shown}”`
      : ''
  }
}
