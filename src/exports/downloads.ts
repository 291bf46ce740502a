import { TooManyRequests } from '../web/index.ts'

/** Downloads that one person may have under way. Each holds two parts of a file in memory at most, for as long as nobody reads it. */
export const DOWNLOADS_PER_PERSON = 4

/** Milliseconds after which a client should ask again. */
const RETRY_AFTER = 5_000

/** Counts the downloads that are under way in this process. */
export class Downloads {
  readonly #underWay = new Map<number, number>()

  /** @returns what is called when it has ended @throws TooManyRequests */
  begin(user: number): () => void {
    const before = this.#underWay.get(user) ?? 0
    if (before >= DOWNLOADS_PER_PERSON)
      throw new TooManyRequests(
        'Too many downloads at once',
        `You have ${DOWNLOADS_PER_PERSON} downloads under way. Wait until one of them has ended, then try again.`,
        RETRY_AFTER,
      )
    this.#underWay.set(user, before + 1)
    return () => {
      const left = (this.#underWay.get(user) ?? 0) - 1
      if (left > 0) this.#underWay.set(user, left)
      else this.#underWay.delete(user)
    }
  }
}
