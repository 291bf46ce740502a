import { beginsName, endOfName, normalise } from './characters.ts'
import { NAME_LENGTH } from './limits.ts'
import { namesOf, statementOf } from './names-read.ts'

/** A name of a sheet, and the one that it is changed to. */
export interface Renaming {
  readonly from: string
  readonly to: string
  /** Tells which names the sheet gives a meaning on this line. */
  readonly isBound: (name: string) => boolean
}

/**
 * Returns an expression with a name of the sheet changed, wherever the word means that name: units, words of the language and
 * parameters of a function stay. In a line that cannot be parsed yet, every occurrence of the word is changed.
 */
export function renamed(expression: string, renaming: Renaming): string {
  const { from, to } = renaming
  const points = [...expression]
  let text = ''
  let done = 0
  for (const place of placesOf(expression, renaming).toSorted((a, b) => a - b)) {
    const length = lengthAt(points, place, from)
    // A name may be found twice at one place, and `tomorrow` is found as `today`.
    if (place < done || length === undefined) continue
    text += points.slice(done, place).join('') + to
    done = place + length
  }
  return text + points.slice(done).join('')
}

/** Tells whether a renamed expression still says the same, with the one name in place of the other. */
export function saysTheSame(expression: string, changed: string, { from, to, isBound }: Renaming): boolean {
  const before = statementOf(expression, isBound)
  if (!before) return true
  const after = statementOf(changed, (name) => name === to || (name !== from && isBound(name)))
  if (!after) return false
  const written = (tree: object) =>
    JSON.stringify(tree, (key, value) => {
      if (key === 'position') return undefined
      if (typeof value === 'bigint') return `${value}`
      return key === 'name' && value === from ? to : value
    })
  return written(before) === written(after)
}

/** The code points at which a name of the sheet stands. */
function placesOf(expression: string, { from, isBound }: Renaming): number[] {
  const tree = statementOf(expression, isBound)
  if (!tree) return wordsOf(expression, from)
  const places = [...namesOf(tree)].filter((found) => found.name === from)
  return places.map(({ position }) => position)
}

/** The code points at which a word stands, outside of quotes and comments. */
function wordsOf(expression: string, word: string): number[] {
  const characters = normalise(expression)
  const { text } = characters
  const places: number[] = []
  let index = 0
  while (index < text.length && !text.startsWith('//', index)) {
    if (text.charAt(index) === '"') {
      const end = text.indexOf('"', index + 1)
      index = end < 0 ? index + 1 : end + 1
    } else if (beginsName(text, index)) {
      const end = endOfName(text, index)
      if (text.slice(index, end).normalize('NFC') === word) places.push(characters.positionOf(index))
      index = end
    } else index += 1
  }
  return places
}

/** The length of a name in code points at a place, where it may be written in other characters; undefined for another word. */
function lengthAt(points: readonly string[], place: number, name: string): number | undefined {
  const rest = points.slice(place, place + 2 * NAME_LENGTH).join('')
  const word = rest.slice(0, endOfName(normalise(rest).text, 0))
  return [word, rest.slice(0, name.length)]
    .filter((typed) => normalise(typed).text.normalize('NFC') === name)
    .map((typed) => [...typed].length)[0]
}
