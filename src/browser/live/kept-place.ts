/** The place at which somebody reads: a message, and how many pixels below the upper edge it begins. */
export interface Place {
  readonly seq: number
  readonly offset: number
}

/**
 * The reading position, kept in this entry of the browser's history: it is restored by Back and Forward and after a reload, but
 * not when the same page is opened anew.
 */
export class KeptPlace {
  readonly #user: string
  #kept: Place | undefined

  /** @param user whose place it is: somebody else may sign in in the same tab */
  constructor(user: string) {
    this.#user = user
    this.#kept = this.get()
  }

  /** Undefined: the page was opened anew, or left at its end. */
  get(): Place | undefined {
    const state: unknown = history.state
    if (typeof state !== 'object' || state === null || !('place' in state)) return undefined
    const { place } = state
    return isPlaceOf(place, this.#user) ? { seq: place.seq, offset: place.offset } : undefined
  }

  /** @param place undefined: the end, or none */
  set(place: Place | undefined): void {
    if (this.#kept?.seq === place?.seq && this.#kept?.offset === place?.offset) return
    this.#kept = place
    try {
      history.replaceState(place ? { place: { ...place, user: this.#user } } : null, '')
    } catch {
      // Safari lets a page do so 100 times in 30 seconds: the next time keeps a newer place.
    }
  }
}

function isPlaceOf(value: unknown, user: string): value is Place {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    typeof value.seq === 'number' &&
    'offset' in value &&
    typeof value.offset === 'number' &&
    'user' in value &&
    value.user === user
  )
}
