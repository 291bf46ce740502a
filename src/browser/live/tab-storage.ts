/** Keeps texts of this tab over a reload. In a browser without storage they are lost then, and nothing else happens. */
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
