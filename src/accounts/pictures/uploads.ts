import type { ServerResponse } from 'node:http'
import { HttpError } from '../../web/index.ts'

/** Pictures that are received, wait or are made at the same time: as much memory as these take. */
const AT_ONCE = 16

/** The people who are uploading a picture: one each at a time, since it stays in memory until it has been processed. */
export class Uploads {
  readonly #people = new Set<number>()

  /**
   * Lets a person send a picture.
   * @param response after whose end, and that of `during`, they may send another
   * @throws HttpError where they do so already, or too many others do
   */
  enter(user: number, response: ServerResponse): Upload {
    if (this.#people.has(user))
      throw new HttpError(
        429,
        'One picture at a time',
        'Wait until your previous picture has been processed, then try again.',
        5,
      )
    if (this.#people.size >= AT_ONCE)
      throw new HttpError(503, 'Many pictures are being processed', 'Try again in a moment.', 10)
    this.#people.add(user)
    return new Upload(response, () => this.#people.delete(user))
  }
}

/** A picture on its way in. */
export class Upload {
  readonly #end: () => void
  /** Work on it goes on when the connection is gone, and ends by itself. */
  #working = false
  #closed = false

  constructor(response: ServerResponse, end: () => void) {
    this.#end = end
    response.once('close', () => {
      this.#closed = true
      if (!this.#working) end()
    })
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#working = true
    try {
      return await work()
    } finally {
      this.#working = false
      if (this.#closed) this.#end()
    }
  }
}
