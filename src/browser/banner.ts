import { byId, find } from './dom.ts'
import type { SocketState } from './socket.ts'

/** How long a connection may be away before a person is told, in milliseconds: a blink is not worth a word. */
const QUIET = 800

/** Says when the line is lost, and when it will be tried again. */
export class Banner {
  readonly #line = byId('banner-line', HTMLElement)
  readonly #text = find(this.#line, '.banner-text', HTMLElement)
  readonly #when = find(this.#line, '.banner-when', HTMLElement)
  readonly #button = find(this.#line, 'button', HTMLButtonElement)
  #timer: ReturnType<typeof setTimeout> | undefined
  #wasLive = false

  constructor(tryNow: () => void) {
    this.#button.addEventListener('click', tryNow)
  }

  show(state: SocketState): void {
    clearTimeout(this.#timer)
    if (state.kind === 'live') {
      this.#wasLive = true
      this.#line.hidden = true
    } else if (state.kind === 'stopped') this.#say(state.reason)
    else if (state.kind === 'resting') this.#say('Resting, since it was quiet. It goes on as soon as you do.')
    else if (this.#line.hidden) this.#timer = setTimeout(() => this.#tell(state), QUIET)
    else this.#tell(state)
  }

  #tell(state: SocketState): void {
    this.#say(
      this.#wasLive
        ? 'The line is lost. What you write is kept, and sent when it is back.'
        : 'Getting on the line. What you write is kept until then.',
    )
    if (state.kind !== 'offline') return this.#count('Trying…')
    const seconds = Math.ceil((state.retryAt - Date.now()) / 1000)
    this.#count(seconds > 1 ? `Trying again in ${seconds} s` : 'Trying…')
    this.#button.hidden = seconds <= 1
    if (seconds > 1) this.#timer = setTimeout(() => this.#tell(state), 1000)
  }

  /** Only this is read out; a countdown is not. */
  #say(text: string): void {
    this.#button.hidden = true
    this.#count('')
    this.#line.hidden = false
    if (this.#text.textContent !== text) this.#text.textContent = text
  }

  #count(text: string): void {
    this.#when.textContent = text
  }
}
