import { hasPage, onWindow } from './page-events.ts'

/** The message that another one answers, as the frame of a message has it in `reply`. */
export interface AnsweredMessage {
  readonly seq: number
  readonly sender: string
  readonly sender_name?: string
  readonly excerpt: string
}

/** A file that was sent to the server for a message, as the frame of a message has it in `files`. */
export interface SentFile {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly size: number
  readonly width: number | null
  readonly height: number | null
}

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
  readonly reply?: AnsweredMessage
  readonly files?: readonly SentFile[]
  /** The command that the draft is for, where it is more than a new message: the frame without its `id`. */
  readonly command?: DraftCommand
  /** The conflict that stands in the way of a command, if there is one. */
  readonly conflict?: DraftConflict
  /** Why the server did not take it, where it did not. */
  readonly error?: string
  /** The tab that sends it, and until when (milliseconds since 1970) no other tab does. */
  readonly tab?: string
  readonly until?: number
}

/**
 * A storage for drafts; a browser's `localStorage` is one. Its methods may throw: memory then holds the drafts that it could not
 * keep.
 */
export interface TextStorage {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, text: string): void
  removeItem(key: string): void
}

/** Characters that all drafts of this browser may have together; a browser's own limit is about five million. */
const CHARACTERS = 2_000_000

/**
 * One person's drafts in one place that the server has not acknowledged. The browser keeps them until they are sent or
 * discarded, through a restart too, and all tabs see the same ones. Each draft has an entry of its own, so that two tabs that
 * write at the same time do not undo each other's changes.
 */
export class DraftStore {
  readonly #prefix: string
  readonly #storage: TextStorage | undefined
  readonly #drafts = new Map<string, Draft>()
  /** Ids of those that this browser could not keep. */
  readonly #unkept = new Set<string>()

  /**
   * @param user whose drafts they are: nobody else sees them
   * @param place such as a room's address
   * @param onChange another tab changed something
   * @param signal ends the listening to other tabs
   * @param storage where they are kept; left out, in the browser's own storage, and where it has none they end with this object
   */
  constructor(
    user: string,
    place: string,
    onChange: () => void,
    signal: AbortSignal,
    storage = browserStorage(),
  ) {
    this.#prefix = draftPrefix(user, place)
    this.#storage = storage
    this.#read()
    const changed = ({ key }: StorageEvent) => {
      if (key !== null && !key.startsWith(this.#prefix)) return
      this.#read()
      onChange()
    }
    onWindow('storage', changed, { signal })
    onWindow('beforeunload', (event) => this.#unkept.size > 0 && event.preventDefault(), { signal })
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
    if (write(this.#storage, this.#prefix + draft.id, JSON.stringify(draft))) this.#unkept.delete(draft.id)
    else this.#unkept.add(draft.id)
  }

  delete(id: string): void {
    this.#drafts.delete(id)
    this.#unkept.delete(id)
    try {
      this.#storage?.removeItem(this.#prefix + id)
    } catch {
      // A browser that keeps nothing had it in memory alone.
    }
  }

  #read(): void {
    for (const id of this.#drafts.keys()) if (!this.#unkept.has(id)) this.#drafts.delete(id)
    for (const [key, text] of entries(this.#storage, this.#prefix)) {
      const draft = readDraft(text)
      if (draft && key === this.#prefix + draft.id) this.#drafts.set(draft.id, draft)
    }
  }
}

export interface UnsentPlace {
  /** A room's address, or the path of a sheet's socket. */
  readonly place: string
  readonly count: number
}

/** Returns the places with drafts of a person that were not sent and that no tab is sending now. */
export function unsentPlaces(user: string, storage = browserStorage()): UnsentPlace[] {
  const counts = new Map<string, number>()
  const prefix = `${ALL}${user} `
  for (const [key, text] of entries(storage, prefix)) {
    const draft = readDraft(text)
    const [place] = key.slice(prefix.length).split(' ')
    if (!draft || !place || (draft.until ?? 0) > Date.now()) continue
    counts.set(place, (counts.get(place) ?? 0) + 1)
  }
  return [...counts].map(([place, count]) => ({ place, count }))
}

/** Reads drafts that were kept as one JSON list, oldest first; invalid ones are left out. */
export function readDraftList(text: string): Draft[] {
  const list = parse(text)
  if (!Array.isArray(list)) return []
  const at = new Date().toISOString()
  return list.map((draft, order) => ({ at, ...draft, order })).filter(isDraft)
}

const ALL = 'draft to send '

function draftPrefix(user: string, place: string): string {
  return `${ALL}${user} ${place} `
}

/** The storage that all tabs of a browser share; some browsers, and Node, have none. */
function browserStorage(): TextStorage | undefined {
  try {
    return hasPage ? localStorage : undefined
  } catch {
    return undefined
  }
}

function entries(storage: TextStorage | undefined, prefix: string): [key: string, text: string][] {
  try {
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? '')
    return keys.filter((key) => key.startsWith(prefix)).map((key) => [key, storage?.getItem(key) ?? ''])
  } catch {
    return []
  }
}

/** @returns whether it was kept: some browsers keep nothing, and all have a limit */
function write(storage: TextStorage | undefined, key: string, text: string): boolean {
  const others = entries(storage, ALL).filter(([other]) => other !== key)
  if (others.reduce((sum, [, { length }]) => sum + length, text.length) > CHARACTERS) return false
  try {
    storage?.setItem(key, text)
    return storage !== undefined
  } catch {
    return false
  }
}

function readDraft(text: string): Draft | undefined {
  const value = parse(text)
  return isDraft(value) ? value : undefined
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
    (Reflect.get(value, 'files') === undefined || Array.isArray(Reflect.get(value, 'files'))) &&
    ['reply', 'command', 'conflict'].every((field) =>
      ['object', 'undefined'].includes(typeof Reflect.get(value, field)),
    )
  )
}
