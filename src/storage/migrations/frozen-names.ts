/**
 * Comparison and search of names as they were when migrations 005 and 007 were released. The results never change: nothing
 * here is changed when `src/text` is, and a change there that concerns names that are stored needs a migration of its own.
 */
import unhomoglyph from 'unhomoglyph'

const SKELETON_LENGTH = 600

const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]+/gu

const WORD_LENGTH = 32
const PART_LENGTH = 16
const INDEXED = 100

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

export function skeleton(name: string): string {
  return withoutConfusables(visible(name).toLowerCase())
}

export function skeletons(name: string): string[] {
  return [...new Set([skeleton(name), withoutConfusables(visible(name))])]
}

export function indexedWords(name: string): string[] {
  const words = wordsOf(name).flatMap((word) => {
    const characters = [...word]
    if (!UNSPACED.test(word)) return [characters.slice(0, WORD_LENGTH).join('')]
    return characters.map((_, start) => characters.slice(start, start + PART_LENGTH).join(''))
  })
  return [...new Set(words)].slice(0, INDEXED)
}

function visible(name: string): string {
  return name.normalize('NFKC').replace(INVISIBLE, '').replace(/\s+/g, ' ').trim()
}

function withoutConfusables(name: string): string {
  return unhomoglyph(name.normalize('NFD'))
    .toLowerCase()
    .normalize('NFD')
    .slice(0, SKELETON_LENGTH)
    .toWellFormed()
}

function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  return plain.match(/[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu) ?? []
}
