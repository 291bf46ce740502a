/** Texts that a browser keeps for a page, each under a key. */
export interface KeptTexts {
  /** @returns an empty text where nothing is kept */
  get(key: string): string
  /** Keeps a text; an empty one is forgotten. */
  set(key: string, text: string): void
}

/** Texts of this tab, which it has again after a reload. */
export const tabTexts: KeptTexts = keptIn(() => sessionStorage)

/** Texts of this browser, which all of its tabs share, and which it has again after it was closed. */
export const browserTexts: KeptTexts = keptIn(() => localStorage)

/** @param storage throws in a browser that keeps nothing: then nothing is found, and keeping something silently does nothing */
function keptIn(storage: () => Storage): KeptTexts {
  return {
    get(key) {
      try {
        return storage().getItem(key) ?? ''
      } catch {
        return ''
      }
    },
    set(key, text) {
      try {
        if (text) storage().setItem(key, text)
        else storage().removeItem(key)
      } catch {
        // It keeps nothing, or is full.
      }
    },
  }
}

/** Texts that somebody has not finished: a message, a line at the end of a sheet, and another line of it. */
const UNFINISHED = ['draft', 'expression', 'line'] as const

/** @param place the address of a room, or the path of a sheet's socket */
export function unfinishedKey(kind: (typeof UNFINISHED)[number], user: string, place: string): string {
  return `${kind} ${user} ${place}`
}

/** Forgets in this tab and in this browser what somebody has not finished, wherever it is. */
export function forgetUnfinished(user: string): void {
  for (const storage of [() => sessionStorage, () => localStorage]) {
    try {
      for (const key of Object.keys(storage())) if (isUnfinished(key, user)) storage().removeItem(key)
    } catch {
      // It keeps nothing.
    }
  }
}

/** Other keys may begin with the same words. */
function isUnfinished(key: string, user: string): boolean {
  const [, , place, ...more] = key.split(' ')
  return (
    place !== undefined &&
    more.length === 0 &&
    UNFINISHED.some((kind) => key === unfinishedKey(kind, user, place))
  )
}
