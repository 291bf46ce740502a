/**
 * One cell of a table of comma-separated values. A spreadsheet calculates what begins like a formula, whoever wrote it: an
 * apostrophe before it has it read as text. A number may begin with its sign.
 */
export function csvCell(text: string): string {
  const isNumber = /^[-+]?[\d.]+(?:e[-+]?\d+)?%?$/i.test(text)
  const safe = !isNumber && /^[\s]*[=+\-@\t\r|]/.test(text) ? `'${text}` : text
  // Spreadsheets of some languages part cells at semicolons or tabs.
  return /[",;\t\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
