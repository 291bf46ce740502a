import type { SocketState } from '../client/index.ts'
import { byId, find } from './dom.ts'

/** Milliseconds without a connection before the person is told: a short interruption is not worth mentioning. */
const QUIET = 800

/** Tells the person when the connection is lost, and when the next attempt is made. */
export class Banner {
  readonly #line = byId('banner-line', HTMLElement)
  readonly #text = find(this.#line, '.banner-text', HTMLElement)
  readonly #when = find(this.#line, '.banner-when', HTMLElement)
  readonly #button = find(this.#line, 'button', HTMLButtonElement)
  readonly #way = find(this.#line, 'a', HTMLAnchorElement)
  readonly #onGone: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #wasLive = false
  #lost = false

  readonly #user: string
  readonly #keeps: () => boolean

  /**
   * @param user whom the page was made for
   * @param keeps whether the browser keeps what is written until it is sent
   * @param onGone the banner went away with the focus in it
   */
  constructor(user: string, keeps: () => boolean, tryNow: () => void, onGone: () => void) {
    this.#user = user
    this.#keeps = keeps
    this.#button.addEventListener('click', tryNow)
    this.#onGone = onGone
  }

  show(state: SocketState): void {
    clearTimeout(this.#timer)
    if (state.kind === 'live') return this.#hide()
    if (state.kind === 'stopped') return this.#say(state.reason, { way: { label: 'All rooms', href: '/' } })
    if (state.kind === 'replaced') {
      return this.#say(
        `You are now signed in as ${state.by}. What ${this.#user} wrote here has not been sent, and is kept for ${this.#user}.`,
        { way: { label: `Open this page as ${state.by}`, href: location.pathname } },
      )
    }
    if (state.kind === 'resting') {
      this.#lost = false
      return this.#say('You have been inactive for a while, so this page was disconnected.', {
        action: 'Reconnect',
      })
    }
    if (this.#lost) this.#tell(state)
    else this.#timer = setTimeout(() => this.#tell(state), QUIET)
  }

  #tell(state: SocketState): void {
    this.#lost = true
    const seconds = state.kind === 'offline' ? Math.ceil((state.retryAt - Date.now()) / 1000) : 0
    this.#say(
      `${this.#wasLive ? 'Connection lost' : 'Connecting'}. ${
        this.#keeps()
          ? 'What you send is kept, and will be sent once you are connected.'
          : 'This browser cannot keep what you send, so leave this page open until it has been sent.'
      }`,
      { action: 'Try now', when: seconds > 1 ? `Trying again in ${seconds} s` : 'Trying…' },
    )
    if (seconds > 1) this.#timer = setTimeout(() => this.#tell(state), 1000)
  }

  /** @param more `when` is for the eye alone: a screen reader would read out every second of a countdown */
  #say(text: string, more: { action?: string; when?: string; way?: { label: string; href: string } }): void {
    this.#line.hidden = false
    this.#button.hidden = more.action === undefined
    this.#button.textContent = more.action ?? ''
    this.#way.hidden = more.way === undefined
    this.#way.textContent = more.way?.label ?? ''
    this.#way.href = more.way?.href ?? ''
    this.#when.textContent = more.when ?? ''
    if (this.#text.textContent !== text) this.#text.textContent = text
  }

  #hide(): void {
    const hadFocus = this.#line.contains(document.activeElement)
    this.#wasLive = true
    this.#lost = false
    this.#line.hidden = true
    this.#text.textContent = ''
    if (hadFocus) this.#onGone()
  }
}
