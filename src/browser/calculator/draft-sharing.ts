import type { AskedPreview } from './preview-requests.ts'

/** Milliseconds between two frames, which count against the server's limit, and after which a draft is told again. */
const PACE = 500
const AGAIN = 8_000

/** Shows the others a line while it is being written, until it is saved or given up. */
export class DraftSharing {
  readonly #send: (frame: object) => boolean
  #draft: AskedPreview | undefined
  #isTold = true
  #isShared = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #again: ReturnType<typeof setInterval> | undefined

  constructor(send: (frame: object) => boolean) {
    this.#send = send
  }

  /** @param draft undefined: nothing is written any more */
  share(draft: AskedPreview | undefined): void {
    if (!draft && !this.#draft) return
    this.#draft = draft
    this.#isTold = false
    if (this.#timer === undefined) this.#tell()
  }

  /** There is a new connection, on which nothing was told. */
  again(): void {
    if (!this.#draft) return
    this.#isTold = false
    if (this.#timer === undefined) this.#tell()
  }

  #tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    clearInterval(this.#again)
    const draft = this.#draft
    if (draft) {
      this.#isShared = this.#send({ type: 'editing', ...draft, seq: draft.seq ?? null })
      this.#again = setInterval(() => this.again(), AGAIN)
    } else if (this.#isShared) {
      this.#send({ type: 'editing', seq: null })
      this.#isShared = false
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#tell()
    }, PACE)
  }
}
