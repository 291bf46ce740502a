/** A length of time as a clock shows it: `3:20 h` is 3 hours and 20 minutes. */
export interface ClockedLength {
  readonly parts: readonly { readonly amount: string; readonly unit: string }[]
  /** The word of its unit. */
  readonly unit: string
  readonly typed: string
  /** Index after its last character. */
  readonly end: number
}

const LENGTH =
  /(\d{1,3}):([0-5]\d)(?::([0-5]\d))?(?: *(h|hrs?|hours?|min|mins|minutes)(?![\p{L}\d(_:])|(?= *\/ *(?:km|mi|miles?)(?![\p{L}\d])))/uy

/** Returns the length of time that begins at the index of a digit, or undefined. A pace, `5:30/km`, is of minutes. */
export function clockedLengthAt(text: string, index: number): ClockedLength | undefined {
  LENGTH.lastIndex = index
  const found = LENGTH.exec(text)
  if (!found) return undefined
  const [typed, first = '', second = '', third, word = 'min'] = found
  const isOfHours = word.startsWith('h')
  if (third !== undefined && !isOfHours) return undefined
  const amounts = third === undefined ? [first, second] : [first, second, third]
  const units = isOfHours ? ['h', 'min', 's'] : ['min', 's']
  const parts = amounts.map((amount, i) => ({ amount, unit: units[i] ?? 's' }))
  return { parts, unit: word, typed, end: index + typed.length }
}
