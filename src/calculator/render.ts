export interface Shown {
  readonly text: string
  /** For the styles: `long` values are set smaller, and a `definition` is no number. */
  readonly kind: 'value' | 'long' | 'definition'
}

/** Characters that still fit on a line of large print. */
const SHORT = 40

const DEFINITION = /^[\p{L}_][\p{L}\p{N}_]*\([^=]*\)\s*=/u

/** How a value stands on the page: a matrix row by row. What is copied and inserted is the text itself. */
export function shown(text: string): Shown {
  if (DEFINITION.test(text)) return { text, kind: 'definition' }
  const rows = text.startsWith('[[') ? text.replaceAll('], [', '],\n [') : text
  return { text: rows, kind: text.length > SHORT ? 'long' : 'value' }
}
