import type { ServerResponse } from 'node:http'
import { ConcurrencyLimit, HttpError, TooManyRequests } from '../web/index.ts'

/** Files that one person may be sending at the same time, and all people together, in this process. */
export const PER_PERSON = 4
const AT_ONCE = 64

/** Milliseconds after which a client should ask again. */
const RETRY_AFTER = 5_000

/** The files that are being uploaded. */
export class Uploads {
  readonly #limit = new ConcurrencyLimit(PER_PERSON)

  /**
   * Does the work of an upload, which goes on to its end where the connection is gone.
   * @throws HttpError where this person, or all people together, send too much at once
   */
  async during<Result>(user: number, response: ServerResponse, work: () => Promise<Result>): Promise<Result> {
    if (this.#limit.total >= AT_ONCE)
      throw new HttpError(503, 'Many files are being uploaded', 'Try again in a moment.', 10)
    const end = this.#limit.begin(user)
    if (!end)
      throw new TooManyRequests(
        'Too many files at once',
        `You are already uploading ${PER_PERSON} files. Wait until one of them has finished, then try again.`,
        RETRY_AFTER,
      )
    // A refused request counts until it has been read to its end.
    const closed = new Promise<void>((resolve) => {
      if (response.closed) resolve()
      else response.once('close', resolve)
    })
    let isDone = false
    try {
      const result = await work()
      isDone = true
      return result
    } finally {
      if (isDone) end()
      else void closed.then(end)
    }
  }
}
