import type { Database } from '../storage/index.ts'
import { fittingPage } from './history.ts'
import { messagesBefore, type Page } from './messages.ts'
import type { MessageFrame } from './protocol.ts'

/** Makes messages in a row into HTML. */
type Show = (messages: readonly MessageFrame[]) => string

/** Messages in a page. */
export const PAGE = 50

/** Rooms whose newest messages are kept, and characters of HTML that these may be together. */
const ROOMS = 50
const CHARACTERS = 4 * 1024 * 1024

/** Messages in a row as they are shown. */
export interface RoomPage {
  /** The messages as `shownToOthers`. */
  readonly html: string
  /** `seq` of the first and last of them; null: there are none. */
  readonly oldest: number | null
  readonly newest: number | null
  /** Whether there are earlier ones. */
  readonly more: boolean
}

/**
 * The newest messages of rooms. They are read, and made into HTML, once for each `rev` that a room has, however many people
 * look at it: the database numbers every change, so what was read at a `rev` holds all that there is up to it, whichever
 * process asks.
 *
 * Only the HTML is kept, and not more of it than fits: messages that are nothing but links are twelve times as long in
 * HTML, and one person can fill many rooms with them.
 */
export class NewestMessages {
  readonly #database: Database
  readonly #show: Show
  readonly #pages = new Map<number, { readonly rev: number; readonly page: RoomPage }>()
  #characters = 0

  constructor(database: Database, show: Show) {
    this.#database = database
    this.#show = show
  }

  /** @param room with its `rev` as it was just read. What was said after that may be in the page or not. */
  async of({ id, rev }: { readonly id: number; readonly rev: number }): Promise<RoomPage> {
    const known = this.#pages.get(id)
    if (known?.rev === rev) return known.page
    const page = shownPage(await messagesBefore(this.#database, id, undefined, PAGE), this.#show)
    this.#forget(id)
    this.#pages.set(id, { rev, page })
    this.#characters += page.html.length
    for (const [oldest] of this.#pages) {
      if (this.#pages.size <= ROOMS && this.#characters <= CHARACTERS) break
      this.#forget(oldest)
    }
    return page
  }

  #forget(id: number): void {
    this.#characters -= this.#pages.get(id)?.page.html.length ?? 0
    this.#pages.delete(id)
  }
}

/** A page of messages, made into HTML: those of them that are as much as a page of history may be. */
export function shownPage(page: Page, show: Show): RoomPage {
  const { frames, more } = fittingPage(page, 'last')
  return { ...shownFrames(frames, show), more }
}

export function shownFrames(frames: readonly MessageFrame[], show: Show): Omit<RoomPage, 'more'> {
  return {
    html: show(frames),
    oldest: frames[0]?.seq ?? null,
    newest: frames.at(-1)?.seq ?? null,
  }
}
