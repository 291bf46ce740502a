import { v7 } from 'uuid'
import { find } from '../live/dom.ts'

export interface TalkPostsOptions {
  readonly user: string
  /** The room whose talk it is. */
  readonly room: string
}

/** Posts lines with their values to the chat of the sheet's room. */
export class TalkPosts {
  readonly #options: TalkPostsOptions
  /** The ids of texts that may or may not have been posted: a second try does not post them twice. */
  readonly #ids = new Map<string, string>()

  constructor(options: TalkPostsOptions) {
    this.#options = options
  }

  /** @returns what became of it */
  async post(message: string): Promise<string> {
    const { user, room } = this.#options
    const id = this.#ids.get(message) ?? v7()
    this.#ids.set(message, id)
    try {
      const answer = await fetch(`/api/rooms/${room}/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-csrf-token': find(document, 'input[name="_csrf"]', HTMLInputElement).value,
          'x-partyline-user': user,
        },
        body: JSON.stringify({ message, id }),
      })
      if (!answer.ok) return 'This could not be posted. Try again in a moment.'
      this.#ids.delete(message)
      return 'Posted to the chat'
    } catch {
      return 'The connection was lost, so this may not have been posted. Try again in a moment.'
    }
  }
}
