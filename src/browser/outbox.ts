export interface Draft {
  readonly id: string
  readonly text: string
  /** Why the server did not take it, where it did not. */
  readonly error?: string
}

export interface OutboxOptions {
  /** Where the browser keeps what was not acknowledged, over a reload. */
  readonly key: string
  /** @returns false when there is no connection */
  readonly send: (draft: Draft) => boolean
  readonly onChange: (drafts: readonly Draft[]) => void
}

/** So many go at once, then one each so many milliseconds: under the server's limit, with room for the rest. */
const AT_ONCE = 10
const PACE = 150

/** What was said and not yet acknowledged: in order, kept over a reload, sent again with the same id until it is. */
export class Outbox {
  readonly #options: OutboxOptions
  #drafts: readonly Draft[]
  #sent = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#drafts = stored(options.key)
    options.onChange(this.#drafts)
  }

  add(text: string): void {
    this.#set([...this.#drafts, { id: crypto.randomUUID?.() ?? randomId(), text }])
    this.#pump()
  }

  /** The server has stored it. */
  acknowledge(id: string): void {
    if (this.#drafts.some((draft) => draft.id === id)) this.discard(id)
  }

  discard(id: string): void {
    this.#sent.delete(id)
    this.#set(this.#drafts.filter((draft) => draft.id !== id))
  }

  /** The server did not take it: `retryAfter` milliseconds when it will, else a person has to do something. */
  refuse(id: string, error: string, retryAfter?: number): void {
    this.#sent.delete(id)
    if (retryAfter !== undefined) return this.#pumpIn(retryAfter)
    this.#set(this.#drafts.map((draft) => (draft.id === id ? { ...draft, error } : draft)))
  }

  retry(id: string): void {
    this.#set(this.#drafts.map((draft) => (draft.id === id ? { id, text: draft.text } : draft)))
    this.#pump()
  }

  /** A new connection: whatever is not acknowledged goes again. */
  resend(): void {
    this.#sent.clear()
    this.#pump()
  }

  #pump(): void {
    if (this.#timer !== undefined) return
    const waiting = this.#drafts.filter((draft) => !draft.error && !this.#sent.has(draft.id))
    for (const draft of waiting.slice(0, AT_ONCE)) {
      if (!this.#options.send(draft)) return
      this.#sent.add(draft.id)
    }
    if (waiting.length > AT_ONCE) this.#pumpIn(PACE * AT_ONCE)
  }

  #pumpIn(delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#pump()
    }, delay)
  }

  #set(drafts: readonly Draft[]): void {
    this.#drafts = drafts
    try {
      if (drafts.length > 0) sessionStorage.setItem(this.#options.key, JSON.stringify(drafts))
      else sessionStorage.removeItem(this.#options.key)
    } catch {
      // A browser that keeps nothing loses what was not sent when the page is closed, and no more.
    }
    this.#options.onChange(drafts)
  }
}

function stored(key: string): readonly Draft[] {
  try {
    const drafts: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]')
    return Array.isArray(drafts) ? drafts.filter(isDraft) : []
  } catch {
    return []
  }
}

function isDraft(value: unknown): value is Draft {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'text' in value &&
    typeof value.text === 'string'
  )
}

/** `crypto.randomUUID` is missing on plain http from another machine. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
