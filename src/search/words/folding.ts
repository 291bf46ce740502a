/**
 * Marks that make no difference in a search: accents, points and vowel signs that are often omitted, and invisible characters. The
 * voicing marks of kana stay, because they make different letters.
 */
const IGNORED = new RegExp(
  [
    String.raw`[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]`,
    // Hebrew and Arabic points, and the stroke that only lengthens Arabic words.
    String.raw`[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]`,
    String.raw`[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]|\u0640`,
    String.raw`\p{Default_Ignorable_Code_Point}`,
  ].join('|'),
  'gu',
)

/** Letters with a stroke and ligatures, which Unicode does not decompose. */
const LETTERS: Readonly<Record<string, string>> = {
  ς: 'σ',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
}
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu')

/**
 * Normalises a text for comparison, without regard to case, accents, widths and ligatures: `Müller` becomes `muller`, `İ` and `ı`
 * become `i`, and `ß` becomes `ss`.
 */
export function fold(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase()
  return (
    text
      .normalize('NFKD')
      .replace(IGNORED, '')
      // In this order: only in capitals is `ß` two letters, and `ı` an `i`.
      .toUpperCase()
      .toLowerCase()
      .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
      .normalize('NFC')
  )
}
