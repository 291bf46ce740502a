/** What this tab keeps over a reload. A browser that keeps nothing loses it then, and no more. */
export const tabStorage = {
  /** @returns an empty text where nothing is kept */
  get(key: string): string {
    try {
      return sessionStorage.getItem(key) ?? ''
    } catch {
      return ''
    }
  },

  /** Keeps a text; an empty one is forgotten. */
  set(key: string, text: string): void {
    try {
      if (text) sessionStorage.setItem(key, text)
      else sessionStorage.removeItem(key)
    } catch {}
  },
}
