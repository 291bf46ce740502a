import { hasVisible } from '../channels/index.ts'
import { labelFault } from '../text/label.ts'
import { searchWords } from '../text/words.ts'
import { isReserved } from './names.ts'

/** Characters as people count them (grapheme clusters), and bytes in UTF-8: an emoji may be one character and 35 bytes. */
const LENGTH = 60
const BYTES = 480

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Returns what is wrong with the name that a person wants to be called, in words for them, or undefined.
 *
 * Names need not be unique, since people's names are not: wherever one is shown the username stands beside it, or a pointer
 * away. So a name may not look like a username with its `@`, nor speak for the place.
 * @param mayBeReserved for an administrator, who does speak for it
 */
export function displayNameFault(name: string, mayBeReserved = false): string | undefined {
  // Before anything else looks at it: a form may bring 256 KiB.
  if (name.length > 4 * BYTES) return tooLong()
  const trimmed = displayName(name)
  if (!hasVisible(trimmed)) return 'Enter your name.'
  if (Buffer.byteLength(trimmed) > BYTES || [...graphemes.segment(trimmed)].length > LENGTH) return tooLong()
  switch (labelFault(trimmed)) {
    case 'several lines':
      return 'A name must be a single line of text, without control characters.'
    case 'invisible':
      return 'A name cannot contain invisible characters. Type it instead of pasting it.'
    case 'accents':
      return 'There are too many accents on one letter of that name.'
  }
  if (trimmed.normalize('NFKC').includes('@')) return 'A name cannot contain @, which marks usernames.'
  if (isReserved(trimmed) && !mayBeReserved) return `The name ${trimmed} is reserved. Choose another.`
  return undefined
}

/** A person's name as it is stored: composed, and with single blanks. */
export function displayName(name: string): string {
  return name.normalize('NFC').replace(/\s+/g, ' ').trim().toWellFormed()
}

/** Returns the key by which a name is sorted: the name without case and accents. */
export function sortName(name: string): string {
  return searchWords(name).join(' ').slice(0, LENGTH) || name.slice(0, LENGTH)
}

function tooLong(): string {
  return `A name can have at most ${LENGTH} characters.`
}
