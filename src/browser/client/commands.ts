import { v7 } from 'uuid'
import { onWindow } from './page-events.ts'

export interface CommandsOptions {
  /** @returns false when there is no connection */
  readonly send: (frame: object) => boolean
  /** Called when an answer is overdue. */
  readonly onSilence: () => void
}

interface Command {
  readonly id: string
  readonly frame: object
  readonly onDone: () => void
  readonly onRefused: (error: string, code: string) => void
}

/** Milliseconds to wait for an answer. */
const PATIENCE = 10_000

const CLOSED = 'The connection was closed before this was answered.'

/** Commands that may wait for a connection. */
const WAITING = 100

/**
 * Commands that change something existing, sent again until they are answered. They say what should be, so repeating one does no
 * harm, and only one is under way at a time, so that an older one never undoes a newer. They are kept as long as the page is
 * open.
 */
export class Commands {
  readonly #options: CommandsOptions
  readonly #waiting: Command[] = []
  readonly #end = new AbortController()
  #isUnderWay = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: CommandsOptions) {
    this.#options = options
    const { signal } = this.#end
    onWindow('beforeunload', (event) => this.#waiting.length > 0 && event.preventDefault(), { signal })
  }

  /**
   * @param onRefused called with why and the code of the error, as the server says them; `limit` where too many wait
   * already, and `closed` where they were closed first
   */
  add(frame: object, onRefused: Command['onRefused'], onDone: () => void = () => {}): void {
    if (this.#end.signal.aborted) return onRefused(CLOSED, 'closed')
    if (this.#waiting.length >= WAITING)
      return onRefused(`${WAITING} changes are waiting to be sent. Wait until they have been sent.`, 'limit')
    const id = v7()
    this.#waiting.push({ id, frame: { ...frame, id }, onDone, onRefused })
    this.#pump()
  }

  done(id: string): void {
    this.#answered(id)?.onDone()
  }

  /** @param retryAfter milliseconds after which it may be sent again */
  refuse(id: string, error: string, retryAfter: number | undefined, code = 'internal'): void {
    if (this.#waiting[0]?.id !== id) return
    if (retryAfter === undefined) return this.#answered(id)?.onRefused(error, code)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.resend(), retryAfter)
  }

  /** There is a new connection: what was under way goes again. */
  resend(): void {
    this.#isUnderWay = false
    this.#pump()
  }

  /** Sends nothing more, and refuses what waits. */
  close(): void {
    this.#end.abort()
    clearTimeout(this.#timer)
    for (const { onRefused } of this.#waiting.splice(0)) onRefused(CLOSED, 'closed')
  }

  #answered(id: string): Command | undefined {
    const [command] = this.#waiting
    if (command?.id !== id) return undefined
    this.#waiting.shift()
    this.resend()
    return command
  }

  #pump(): void {
    const [next] = this.#waiting
    if (this.#isUnderWay || !next || !this.#options.send(next.frame)) return
    this.#isUnderWay = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#options.onSilence()
      this.resend()
    }, PATIENCE)
  }
}
