import type { Database } from '../storage/index.ts'
import { fittingPage } from './history.ts'
import { messagesBefore, type Page } from './messages.ts'
import { namedInReactions } from './presentation.ts'
import type { MessageFrame } from './protocol.ts'
import type { RenderedMessage } from './render.ts'

type Render = (messages: readonly MessageFrame[]) => RenderedMessage[] | Promise<RenderedMessage[]>

/** Messages in a page. */
export const PAGE = 50

/** Rooms whose newest messages are kept, and characters that these and their HTML may have together. */
const ROOMS = 50
const CHARACTERS = 4 * 1024 * 1024

/** Messages in a row, rendered. */
export interface RoomPage {
  readonly messages: readonly RenderedMessage[]
  /** `seq` of the first and last of them; null: there are none. */
  readonly oldest: number | null
  readonly newest: number | null
  /** True if there are earlier ones. */
  readonly more: boolean
}

/**
 * Caches the newest messages of rooms as HTML. They are read and rendered once for each `rev` of a room, however many people
 * open it: the database numbers every change, so a page that was read at a `rev` contains all changes up to it, whichever
 * process made them.
 *
 * It is bounded in characters as well as in rooms: messages that consist only of links are twelve times as long in HTML, and one
 * person can fill many rooms with them.
 */
export class PageCache {
  readonly #database: Database
  readonly #render: Render
  readonly #pages = new Map<number, { readonly rev: number; readonly page: RoomPage }>()
  #characters = 0
  /** Counts the times that somebody was forgotten: what was being read then may have an old name in it. */
  #forgotten = 0

  constructor(database: Database, render: Render) {
    this.#database = database
    this.#render = render
  }

  /**
   * Returns the newest page of a room.
   * @param room with its `rev` as it was just read; the page may have later messages or not
   */
  async newest({ id, rev }: { readonly id: number; readonly rev: number }): Promise<RoomPage> {
    const known = this.#pages.get(id)
    if (known?.rev === rev) return known.page
    const forgotten = this.#forgotten
    const page = await renderedPage(await messagesBefore(this.#database, id, undefined, PAGE), this.#render)
    this.#forget(id)
    if (forgotten !== this.#forgotten) return page
    this.#pages.set(id, { rev, page })
    this.#characters += sizeOf(page)
    for (const [oldest] of this.#pages) {
      if (this.#pages.size <= ROOMS && this.#characters <= CHARACTERS) break
      this.#forget(oldest)
    }
    return page
  }

  /** Forgets the pages on which somebody is named: what they are called has changed. */
  forgetPerson(username: string): void {
    this.#forgotten += 1
    for (const [id, { page }] of this.#pages)
      if (
        page.messages.some(
          ({ message }) =>
            message.sender === username ||
            message.reply?.sender === username ||
            namedInReactions(message).includes(username),
        )
      )
        this.#forget(id)
  }

  forgetAll(): void {
    this.#forgotten += 1
    this.#pages.clear()
    this.#characters = 0
  }

  #forget(id: number): void {
    const known = this.#pages.get(id)
    if (known) this.#characters -= sizeOf(known.page)
    this.#pages.delete(id)
  }
}

/** Renders a page of messages: those of them that are as much as a page of history may be. */
export async function renderedPage(page: Page, render: Render): Promise<RoomPage> {
  const { frames, more } = fittingPage(page, 'last')
  return { ...(await renderedFrames(frames, render)), more }
}

export async function renderedFrames(
  frames: readonly MessageFrame[],
  render: Render,
): Promise<Omit<RoomPage, 'more'>> {
  return {
    messages: await render(frames),
    oldest: frames[0]?.seq ?? null,
    newest: frames.at(-1)?.seq ?? null,
  }
}

/** Characters that a page keeps in memory, when all have looked who said something on it. */
function sizeOf({ messages }: RoomPage): number {
  return messages.reduce(
    (sum, { message, html }) =>
      sum +
      2 * html.length +
      message.message.length +
      (message.html?.length ?? 0) +
      JSON.stringify(message.values ?? '').length,
    0,
  )
}
