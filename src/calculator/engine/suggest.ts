/**
 * The word that was probably meant, or undefined. Fewest edits win; among equals one that begins alike, then one that
 * holds all the letters in order ("foo" → "floor").
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const most = word.length < 3 ? 1 : word.length < 8 ? 2 : 3
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > most || candidate.length < 2) continue
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits > most || (edits > 1 && candidate[0] !== word[0])) continue
    const cost = edits * 4 - (candidate[0] === word[0] ? 2 : 0) - (contains(candidate, word) ? 1 : 0)
    if (cost < least) {
      least = cost
      best = candidate
    }
  }
  return best
}

function contains(text: string, letters: string): boolean {
  let found = 0
  for (const letter of text) if (letter === letters[found]) found++
  return found === letters.length
}

/** Edits between two words, a swap of neighbours being one (Damerau, 1964; optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(change, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1)
      row.push(least)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
