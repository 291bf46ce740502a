import { v7 } from 'uuid'
import { Allowance } from './allowance.ts'
import {
  type AnsweredMessage,
  type Draft,
  type DraftCommand,
  type DraftConflict,
  DraftStore,
  type SentFile,
  type TextStorage,
} from './draft-store.ts'
import { onWindow } from './page-events.ts'

/** A draft as shown on the page. */
export interface PendingDraft extends Draft {
  /** It was written so long ago that its author is asked before it is sent. */
  readonly old: boolean
}

interface NewDraft {
  readonly id: string
  readonly text: string
  readonly reply?: AnsweredMessage | undefined
  readonly files?: readonly SentFile[] | undefined
  readonly command?: DraftCommand | undefined
}

export interface OutboxOptions {
  readonly user: string
  /** The place where it is said, such as a room's address. */
  readonly place: string
  /** @returns false when there is no connection */
  readonly send: (draft: Draft) => boolean
  readonly onChange: (drafts: readonly PendingDraft[]) => void
  /** Called when an answer is overdue; the draft is then sent again. */
  readonly onSilence: () => void
  /** Drafts that were kept elsewhere so far. */
  readonly adopted?: readonly Draft[] | undefined
  /** The storage for drafts; left out, the browser's `localStorage`, or memory where there is none. */
  readonly storage?: TextStorage | undefined
}

/** Drafts that may wait in one place. */
export const WAITING = 100
/** `AT_ONCE` are sent as fast as they are answered, then one each `PACE` milliseconds: under the server's limit, with room for other frames. */
const AT_ONCE = 20
const PACE = 150
/** Milliseconds to wait for an answer, and for which a tab has a draft to itself. */
const PATIENCE = 10_000
const OLD = 24 * 60 * 60 * 1_000

/**
 * Sends messages until they are acknowledged: the browser keeps them, and sends them again with the same id, so that the server
 * stores each once. One is under way at a time, so that none overtakes another, whatever the server refuses.
 *
 * All tabs of a person show the same drafts. The tab in which a draft was written sends it; when that tab is closed, or has not
 * managed to for `PATIENCE`, another one does. (Web Locks would not help: they do not exist on plain http, and the tab with the
 * lock may have no connection while this one has.)
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #store: DraftStore
  readonly #tab = v7()
  readonly #allowance = new Allowance(AT_ONCE, PACE)
  readonly #end = new AbortController()
  #underWay: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #turn: ReturnType<typeof setTimeout> | undefined
  #patience: ReturnType<typeof setTimeout> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    const { user, place, storage, adopted = [] } = options
    const { signal } = this.#end
    this.#store = new DraftStore(user, place, () => this.#changedElsewhere(), signal, storage)
    for (const draft of adopted) this.#store.put(draft)
    onWindow('pagehide', () => this.#leaveToOthers(), { signal })
    this.#show()
  }

  /** True if what is said now will be there after the browser was closed. */
  get keepsAll(): boolean {
    return this.#store.keepsAll
  }

  /** True while this tab has something to send, or waits for the answer to it. */
  get isSending(): boolean {
    return this.#store.all.some((draft) => draft.error === undefined && !isOld(draft) && this.#isMine(draft))
  }

  /** @returns false when so much is waiting that no more is taken */
  add(text: string, reply?: AnsweredMessage, files?: readonly SentFile[]): boolean {
    if (this.#store.all.length >= WAITING) return false
    this.#append({ id: v7(), text, reply, files })
    return true
  }

  /**
   * Has something done with a text, such as putting it in the place of a line.
   * @returns its id; undefined when so much is waiting that no more is taken
   */
  command(text: string, command: DraftCommand): string | undefined {
    if (this.#store.all.length >= WAITING) return undefined
    const id = v7()
    this.#append({ id, text, command })
    return id
  }

  /** Returns the draft on its way under this id. */
  find(id: string): Draft | undefined {
    return this.#find(id)
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
  refuse(id: string, error: string, retryAfter?: number, conflict?: DraftConflict): void {
    if (this.#underWay !== id) return
    this.#answered()
    if (retryAfter !== undefined) return this.#pumpIn(retryAfter)
    const draft = this.#find(id)
    if (draft) this.#store.put({ ...draft, error, ...(conflict && { conflict }) })
    this.#show()
    this.#pump()
  }

  /** Sends what was refused, or is old, as if it had been written now. */
  retry(id: string): void {
    const draft = this.#find(id)
    if (draft) this.#append(draft)
  }

  /** The database of the server went back: the number in a command may be that of something else now, so its author is asked. */
  holdCommands(): void {
    for (const draft of this.#store.all)
      if (typeof draft.command?.seq === 'number' || draft.command?.type === 'edit')
        this.#store.put({
          ...draft,
          error: 'The server was restored to an earlier state. Check this before sending it.',
        })
  }

  /** A new connection: what was under way goes again. */
  resend(): void {
    this.#answered()
    this.#pump()
    this.#show()
  }

  /** Sends nothing more. What waits stays where it is kept, for other tabs and for the next outbox. */
  close(): void {
    this.#end.abort()
    this.#answered()
    clearTimeout(this.#timer)
    clearTimeout(this.#turn)
    this.#leaveToOthers()
  }

  #append({ id, text, reply, files, command }: NewDraft): void {
    const order = 1 + Math.max(0, ...this.#store.all.map((draft) => draft.order))
    const sent = files && files.length > 0 ? { files } : {}
    const about = { id, text, ...sent, ...(reply && { reply }), ...(command && { command }) }
    this.#store.put(this.#mine({ ...about, order, at: new Date().toISOString() }))
    this.#show()
    this.#pump()
  }

  #pump(): void {
    if (this.#underWay !== undefined || this.#timer !== undefined || this.#end.signal.aborted) return
    const ready = this.#store.all.filter((draft) => draft.error === undefined && !isOld(draft))
    const next = ready.find((draft) => this.#isMine(draft))
    if (!next) return this.#waitForTurn(ready)
    if (!this.#allowance.take()) return this.#pumpIn(PACE)
    if (!this.#options.send(next)) return
    this.#store.put(this.#mine(next))
    this.#underWay = next.id
    this.#patience = setTimeout(() => {
      this.#options.onSilence()
      this.resend()
    }, PATIENCE)
  }

  #mine(draft: Draft): Draft {
    return { ...draft, tab: this.#tab, until: Date.now() + PATIENCE }
  }

  #isMine({ tab, until = 0 }: Draft): boolean {
    return tab === this.#tab || until <= Date.now()
  }

  #waitForTurn(ready: readonly Draft[]): void {
    clearTimeout(this.#turn)
    if (ready.length === 0) return
    const first = Math.min(...ready.map(({ until = 0 }) => until))
    this.#turn = setTimeout(() => this.#pump(), Math.max(0, first - Date.now()))
  }

  #changedElsewhere(): void {
    if (this.#underWay !== undefined && !this.#find(this.#underWay)) this.#answered()
    this.#show()
    this.#pump()
  }

  /** This tab closes, or goes to another page: others need not wait until its time is over. */
  #leaveToOthers(): void {
    for (const { tab, until, ...draft } of this.#store.all) if (tab === this.#tab) this.#store.put(draft)
  }

  #answered(): void {
    this.#underWay = undefined
    clearTimeout(this.#patience)
  }

  #pumpIn(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pump()
    }, delay)
  }

  #find(id: string): Draft | undefined {
    return this.#store.all.find((draft) => draft.id === id)
  }

  #remove(ids: ReadonlySet<string>): void {
    const gone = this.#store.all.filter(({ id }) => ids.has(id))
    if (gone.length === 0) return
    if (this.#underWay !== undefined && ids.has(this.#underWay)) this.#answered()
    for (const { id } of gone) this.#store.delete(id)
    this.#show()
  }

  #show(): void {
    this.#options.onChange(this.#store.all.map((draft) => ({ ...draft, old: isOld(draft) })))
  }
}

function isOld({ at }: Draft): boolean {
  return Date.now() - Date.parse(at) > OLD
}
