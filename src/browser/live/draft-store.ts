import type { ReplyTo } from '../../chat/protocol.ts'
import { tabStorage } from './tab-storage.ts'

export interface DraftCommand extends Readonly<Record<string, unknown>> {
  readonly type: string
}

/** Somebody else wrote in the line meanwhile, or removed it. */
export interface DraftConflict {
  readonly rev: number
  readonly expression: string
  readonly removed: boolean
}

/** Something said that the server has not acknowledged. */
export interface Draft {
  readonly id: string
  readonly text: string
  /** When it was said, ISO 8601. */
  readonly at: string
  /** Drafts are sent in the order of this number, whatever the clock says. */
  readonly order: number
  /** The message that it answers. */
  readonly reply?: ReplyTo
  /** What is to be done with the text, where it is not simply said: the frame without its `id`. */
  readonly command?: DraftCommand
  /** What stands in the way of a command, where something does. */
  readonly conflict?: DraftConflict
  /** Why the server did not take it, where it did not. */
  readonly error?: string
  /** The tab that sends it, and until when (milliseconds since 1970) no other tab does. */
  readonly tab?: string
  readonly until?: number
}

/** Characters that all drafts of this browser may have together; a browser's own limit is about five million. */
const CHARACTERS = 2_000_000

/**
 * What one person said in one place and the server has not acknowledged. The browser keeps it until it is sent or discarded,
 * through a restart too, and all tabs see the same. Each draft has an entry of its own, so that two tabs that write at the
 * same time do not undo each other's changes.
 */
export class DraftStore {
  readonly #prefix: string
  readonly #drafts = new Map<string, Draft>()
  /** Ids of those that this browser could not keep. */
  readonly #unkept = new Set<string>()

  /**
   * @param user whose drafts they are: nobody else sees them
   * @param place such as a room's address
   * @param onChange another tab changed something
   */
  constructor(user: string, place: string, onChange: () => void) {
    this.#prefix = draftPrefix(user, place)
    this.#adoptOfTab(`outbox ${user} ${place}`)
    this.#read()
    addEventListener('storage', ({ key }) => {
      if (key !== null && !key.startsWith(this.#prefix)) return
      this.#read()
      onChange()
    })
    addEventListener('beforeunload', (event) => {
      if (this.#unkept.size > 0) event.preventDefault()
    })
  }

  /** In the order in which they are sent. */
  get all(): readonly Draft[] {
    return [...this.#drafts.values()].sort((one, other) => one.order - other.order)
  }

  /** True if everything will be there after the browser was closed. */
  get keepsAll(): boolean {
    return this.#unkept.size === 0
  }

  put(draft: Draft): void {
    this.#drafts.set(draft.id, draft)
    if (write(this.#prefix + draft.id, JSON.stringify(draft))) this.#unkept.delete(draft.id)
    else this.#unkept.add(draft.id)
  }

  delete(id: string): void {
    this.#drafts.delete(id)
    this.#unkept.delete(id)
    try {
      localStorage.removeItem(this.#prefix + id)
    } catch {}
  }

  #read(): void {
    for (const id of this.#drafts.keys()) if (!this.#unkept.has(id)) this.#drafts.delete(id)
    for (const [key, text] of entries(this.#prefix)) {
      const draft = readDraft(text)
      if (draft && key === this.#prefix + draft.id) this.#drafts.set(draft.id, draft)
    }
  }

  /** Release 0.1 kept them for a tab alone, as one list. */
  #adoptOfTab(key: string): void {
    const former = tabStorage.get(key)
    if (!former) return
    tabStorage.set(key, '')
    for (const draft of readList(former)) this.put(draft)
  }
}

export interface UnsentPlace {
  /** A room's address, or the path of a sheet's socket. */
  readonly place: string
  readonly count: number
}

/** Where a person has said something that was not sent and that no tab is sending now. */
export function unsentPlaces(user: string): UnsentPlace[] {
  const counts = new Map<string, number>()
  const prefix = `${ALL}${user} `
  for (const [key, text] of entries(prefix)) {
    const draft = readDraft(text)
    const [place] = key.slice(prefix.length).split(' ')
    if (!draft || !place || (draft.until ?? 0) > Date.now()) continue
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return [...counts].map(([place, count]) => ({ place, count }))
}

const ALL = 'draft to send '

function draftPrefix(user: string, place: string): string {
  return `${ALL}${user} ${place} `
}

function entries(prefix: string): [key: string, text: string][] {
  try {
    return Object.entries<string>({ ...localStorage }).filter(([key]) => key.startsWith(prefix))
  } catch {
    return []
  }
}

/** @returns whether it was kept: some browsers keep nothing, and all have a limit */
function write(key: string, text: string): boolean {
  const others = entries(ALL).filter(([other]) => other !== key)
  if (others.reduce((sum, [, { length }]) => sum + length, text.length) > CHARACTERS) return false
  try {
    localStorage.setItem(key, text)
    return true
  } catch {
    return false
  }
}

function readDraft(text: string): Draft | undefined {
  const value = parse(text)
  return isDraft(value) ? value : undefined
}

function readList(text: string): Draft[] {
  const list = parse(text)
  if (!Array.isArray(list)) return []
  const at = new Date().toISOString()
  return list.map((draft, order) => ({ at, ...draft, order })).filter(isDraft)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isDraft(value: unknown): value is Draft {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['id', 'text', 'at'].every((field) => typeof Reflect.get(value, field) === 'string') &&
    typeof Reflect.get(value, 'order') === 'number' &&
    ['string', 'undefined'].includes(typeof Reflect.get(value, 'error')) &&
    ['number', 'undefined'].includes(typeof Reflect.get(value, 'until')) &&
    ['reply', 'command', 'conflict'].every((field) =>
      ['object', 'undefined'].includes(typeof Reflect.get(value, field)),
    )
  )
}
