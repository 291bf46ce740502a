import { ConcurrencyLimit, TooManyRequests } from '../web/index.ts'

/** Downloads that one person may have under way. Each holds two parts of a file in memory at most, for as long as nobody reads it. */
const DOWNLOADS_PER_PERSON = 4

/** Milliseconds after which a client should ask again. */
const RETRY_AFTER = 5_000

/** Counts the downloads in progress in this process. */
export class Downloads {
  readonly #limit = new ConcurrencyLimit(DOWNLOADS_PER_PERSON)

  /** @returns a function to call when it has ended @throws TooManyRequests */
  begin(user: number): () => void {
    const end = this.#limit.begin(user)
    if (end) return end
    throw new TooManyRequests(
      'Too many downloads at once',
      `You have ${DOWNLOADS_PER_PERSON} downloads in progress. Wait until one of them has finished, then try again.`,
      RETRY_AFTER,
    )
  }
}

/**
 * Passes on the content of a file.
 * @param bytes that were announced
 * @param breakOff called where there are fewer: a part was deleted meanwhile, and the client would wait for the rest until its
 * connection ends
 */
export async function* whole(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
  breakOff: () => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const piece of content) {
    sent += piece.length
    yield piece
  }
  if (sent < bytes) breakOff()
}
