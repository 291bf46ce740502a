import type { EmojiGroup, EmojiView } from '../../chat/presentation.ts'

/**
 * The emoji whose words begin with all of the words that were typed. First come those that are called so, then those whose name
 * begins so, then those for which it is another word; of these the shortest name first.
 * @param words in lower case
 */
export function findEmoji(groups: readonly EmojiGroup[], words: readonly string[]): readonly EmojiView[] {
  return groups
    .flatMap(({ emoji }) => emoji)
    .filter((one) => words.every((word) => ` ${one.words}`.includes(` ${word}`)))
    .map((one) => ({ one, rank: rankOf(one, words) }))
    .sort((a, b) => a.rank - b.rank || a.one.label.length - b.one.label.length)
    .map(({ one }) => one)
}

function rankOf({ label, words: own }: EmojiView, words: readonly string[]): number {
  const name = ` ${label.toLowerCase()} `
  if (words.every((word) => name.includes(` ${word} `))) return 0
  if (words.every((word) => name.includes(` ${word}`))) return 1
  return words.every((word) => ` ${own} `.includes(` ${word} `)) ? 2 : 3
}
