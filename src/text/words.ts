/** Characters by which a word is found, and by which a part of a run without spaces is. */
const WORD_LENGTH = 32
const PART_LENGTH = 16

/** Some characters are a word of 18 letters, and 80 of them make a long name. */
const INDEXED = 100

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

/**
 * The words of a text for comparison with `indexedWords`: without case, accents and punctuation, and no longer than indexed
 * ones.
 */
export function searchWords(text: string): string[] {
  return wordsOf(text).map((word) => beginning([...word], lengthOf(word)))
}

/**
 * The words that a name is found by, from their beginning; in scripts without spaces also from each character on.
 * @returns at most `INDEXED`, each once
 */
export function indexedWords(name: string): string[] {
  const words = wordsOf(name).flatMap((word) => {
    const characters = [...word]
    const length = lengthOf(word)
    if (!UNSPACED.test(word)) return [beginning(characters, length)]
    return characters.map((_, start) => beginning(characters.slice(start), length))
  })
  return [...new Set(words)].slice(0, INDEXED)
}

function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  return plain.match(/[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu) ?? []
}

function lengthOf(word: string): number {
  return UNSPACED.test(word) ? PART_LENGTH : WORD_LENGTH
}

function beginning(characters: readonly string[], length: number): string {
  return characters.slice(0, length).join('')
}
