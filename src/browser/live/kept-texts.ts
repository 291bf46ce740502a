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
