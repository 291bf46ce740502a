import unhomoglyph from 'unhomoglyph'

/** Characters of a skeleton: some letters are the same as eighteen others, and an index of PostgreSQL takes 2,704 bytes. */
const LENGTH = 600

/** Characters that show nothing: Unicode's default ignorable ones, and the Braille pattern without a dot. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]+/gu

/**
 * Returns what a name looks like: names that a reader could take for each other have the same skeleton. This is the skeleton of
 * Unicode's confusables (https://www.unicode.org/reports/tr39/#Confusable_Detection) without regard to case, to characters
 * that show nothing and to how much white space there is. It is for comparing only; it is no text to show.
 *
 * Lower case comes first, so a capital I is the letter i and does not look like an l: where capitals are allowed, compare
 * `skeletons`.
 */
export function skeleton(name: string): string {
  return withoutConfusables(visible(name).toLowerCase())
}

/**
 * The skeletons of a name that may have capitals: `LIST` could be taken for `list`, which is the same word, and for `llst`,
 * which has the same shape. Two names could be taken for each other if they have one of these in common.
 * @returns one or two
 */
export function skeletons(name: string): string[] {
  return [...new Set([skeleton(name), withoutConfusables(visible(name))])]
}

function visible(name: string): string {
  return name.normalize('NFKC').replace(INVISIBLE, '').replace(/\s+/g, ' ').trim()
}

function withoutConfusables(name: string): string {
  return unhomoglyph(name.normalize('NFD')).toLowerCase().normalize('NFD').slice(0, LENGTH).toWellFormed()
}
