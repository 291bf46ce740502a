/** The reader's language, for how numbers are written. */
export const locale = canonical(navigator.language) ?? Intl.NumberFormat().resolvedOptions().locale

/** @returns undefined for what names no language: WebKit says `C` where the system has none */
function canonical(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language)[0]
  } catch {
    return undefined
  }
}
