import { byId, find } from './dom.ts'
import type { SocketState } from './socket.ts'

/** How long a connection may be away before a person is told, in milliseconds: a blink is not worth a word. */
const QUIET = 800

/** Says when the line is lost, and when it will be tried again. */
export class Banner {
  readonly #banner = byId('banner', HTMLElement)
  readonly #text = find(this.#banner, 'span', HTMLElement)
  readonly #button = find(this.#banner, 'button', HTMLButtonElement)
  #timer: ReturnType<typeof setTimeout> | undefined
  #lost = false

  constructor(tryNow: () => void) {
    this.#button.addEventListener('click', tryNow)
  }

  show(state: SocketState): void {
    clearTimeout(this.#timer)
    if (state.kind === 'live' || state.kind === 'resting') {
      this.#lost = false
      this.#banner.hidden = true
      return
    }
    if (state.kind === 'stopped') return this.#say(state.reason, false)
    if (this.#lost) this.#tell(state)
    else this.#timer = setTimeout(() => this.#tell(state), QUIET)
  }

  #tell(state: SocketState): void {
    this.#lost = true
    if (state.kind !== 'offline') return this.#say('Reconnecting…', false)
    const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000))
    const when = seconds > 1 ? `Trying again in ${seconds} s.` : 'Trying again…'
    this.#say(`The line is lost. What you write is kept and sent when it is back. ${when}`, true)
    if (seconds > 1) this.#timer = setTimeout(() => this.#tell(state), 1000)
  }

  #say(text: string, canTry: boolean): void {
    this.#banner.hidden = false
    this.#button.hidden = !canTry
    if (this.#text.textContent !== text) this.#text.textContent = text
  }
}
