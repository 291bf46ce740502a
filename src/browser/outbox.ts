import { keep, kept } from './kept.ts'

/** Something said that the server has not acknowledged. */
export interface Draft {
  readonly id: string
  readonly text: string
  /** When it was said, ISO 8601. */
  readonly at?: string
  /** Why the server did not take it, where it did not. */
  readonly error?: string
}

export interface OutboxOptions {
  /** Where the browser keeps what was not acknowledged, over a reload. */
  readonly key: string
  /** @returns false when there is no connection */
  readonly send: (draft: Draft) => boolean
  readonly onChange: (drafts: readonly Draft[]) => void
  /** What was sent is not answered in the time in which it should have been; it goes again. */
  readonly onSilence: () => void
}

/** So many as fast as they are answered, then one each so many milliseconds: under the server's limit, with room for the rest. */
const AT_ONCE = 20
const PACE = 150
/** How long an answer may take, in milliseconds. */
const PATIENCE = 10_000

/**
 * What was said and not yet acknowledged: kept over a reload, sent again with the same id until it is. One is under way at
 * a time, so that none overtakes another, whatever the server refuses.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #drafts: readonly Draft[]
  #underWay: string | undefined
  #allowance = AT_ONCE
  #refilledAt = Date.now()
  #timer: ReturnType<typeof setTimeout> | undefined
  #patience: ReturnType<typeof setTimeout> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#drafts = stored(options.key)
    options.onChange(this.#drafts)
  }

  add(text: string): void {
    this.#set([...this.#drafts, { id: randomId(), text, at: new Date().toISOString() }])
    this.#pump()
  }

  /** The server has stored them. Ids of others are ignored. */
  acknowledge(ids: ReadonlySet<string>): void {
    this.#remove(ids)
    this.#pump()
  }

  discard(id: string): void {
    this.#remove(new Set([id]))
    this.#pump()
  }

  /** The server did not take it: `retryAfter` milliseconds when it will, else a person has to do something. */
  refuse(id: string, error: string, retryAfter?: number): void {
    if (this.#underWay !== id) return
    this.#answered()
    if (retryAfter !== undefined) return this.#pumpIn(retryAfter)
    this.#set(this.#drafts.map((draft) => (draft.id === id ? { ...draft, error } : draft)))
    this.#pump()
  }

  retry(id: string): void {
    this.#set(
      this.#drafts.map(({ error, ...draft }) => (draft.id === id || !error ? draft : { ...draft, error })),
    )
    this.#pump()
  }

  /** A new connection: what was under way goes again. */
  resend(): void {
    this.#answered()
    this.#pump()
  }

  #pump(): void {
    if (this.#underWay !== undefined || this.#timer !== undefined) return
    const next = this.#drafts.find(({ error }) => error === undefined)
    if (!next) return
    if (!this.#allowed()) return this.#pumpIn(PACE)
    if (!this.#options.send(next)) return
    this.#underWay = next.id
    this.#patience = setTimeout(() => {
      this.#options.onSilence()
      this.resend()
    }, PATIENCE)
  }

  #answered(): void {
    this.#underWay = undefined
    clearTimeout(this.#patience)
  }

  #allowed(): boolean {
    const earned = Math.floor((Date.now() - this.#refilledAt) / PACE)
    this.#allowance = Math.min(AT_ONCE, this.#allowance + earned)
    this.#refilledAt += earned * PACE
    if (this.#allowance === 0) return false
    this.#allowance -= 1
    return true
  }

  #pumpIn(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pump()
    }, delay)
  }

  #remove(ids: ReadonlySet<string>): void {
    const left = this.#drafts.filter((draft) => !ids.has(draft.id))
    if (left.length === this.#drafts.length) return
    if (this.#underWay !== undefined && ids.has(this.#underWay)) this.#answered()
    this.#set(left)
  }

  #set(drafts: readonly Draft[]): void {
    this.#drafts = drafts
    keep(this.#options.key, drafts.length > 0 ? JSON.stringify(drafts) : '')
    this.#options.onChange(drafts)
  }
}

function stored(key: string): readonly Draft[] {
  try {
    const drafts: unknown = JSON.parse(kept(key) || '[]')
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
    typeof value.text === 'string' &&
    (!('at' in value) || typeof value.at === 'string') &&
    (!('error' in value) || typeof value.error === 'string')
  )
}

/** `crypto.randomUUID` is missing on plain http from another machine. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
