/**
 * Formats one cell of a CSV file. Spreadsheets would execute text that begins like a formula, so an apostrophe is put before it,
 * which makes it plain text. A number may begin with its sign.
 */
export function csvCell(text: string): string {
  const isNumber = /^[-+]?[\d.]+(?:e[-+]?\d+)?%?$/i.test(text)
  const safe = !isNumber && /^[\s]*[=+\-@\t\r|]/.test(text) ? `'${text}` : text
  // Spreadsheets of some languages part cells at semicolons or tabs.
  return /[",;\t\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
