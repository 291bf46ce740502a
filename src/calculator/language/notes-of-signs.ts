/** A number with one group of thousands. */
const GROUPED = /[1-9]\d{0,2},(\d{3})(?![\d.]|,\d)/y
/** A comment that may have been meant as a division. */
const COMMENTED_DIVISOR = /\/\/\s*[\d.,]+\s*$/y

/** Returns a note for the comment at an index if it looks like `10 // 3`, a division in other languages. */
export function noteOfComment(text: string, index: number): string | undefined {
  COMMENTED_DIVISOR.lastIndex = index
  return COMMENTED_DIVISOR.test(text)
    ? '`//` begins a comment. To divide write one slash, and for whole numbers `div`: 10 div 3.'
    : undefined
}

/** Returns a note for the number at an index if its comma separates values but could be one of thousands: `sum(1,000, 2)`. */
export function noteOfGroup(text: string, index: number): string | undefined {
  GROUPED.lastIndex = index
  const [typed, group = ''] = GROUPED.exec(text) ?? []
  return typed !== undefined && (group.startsWith('0') || text.includes(', '))
    ? `\`${typed}\` is read as two values here. For one number write ${typed.replace(',', '')}.`
    : undefined
}
