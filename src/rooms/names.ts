import slugify from '@sindresorhus/slugify'
import { hasVisible } from '../channels/index.ts'
import { labelFault } from '../text/label.ts'

const NAME_LENGTH = 80
const SLUG_LENGTH = 64
/** Characters of a slug that are reserved for `-` and a number. */
const NUMBER_LENGTH = 8

/** Slugs that would clash with other routes below `/rooms/`, of today or to come. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set(['direct', 'new', 'search', 'settings', 'all', 'join'])

/** Finds the fault in a room's name, as a sentence for the person who typed it; undefined: there is none. */
export function roomNameFault(name: string): string | undefined {
  // Before anything else looks at it: a character takes two units at most, and a form may bring 256 KiB.
  const trimmed = name.slice(0, 16 * NAME_LENGTH).trim()
  if (!hasVisible(trimmed)) return 'Give the room a name.'
  if (name.trim().length > trimmed.length || [...trimmed].length > NAME_LENGTH)
    return `A room’s name can have at most ${NAME_LENGTH} characters.`
  switch (labelFault(trimmed)) {
    case 'several lines':
      return 'A room’s name must be a single line of text.'
    case 'invisible':
      return 'A room’s name cannot contain invisible characters. Type it instead of pasting it.'
    case 'accents':
      return 'There are too many accents on one letter of that name.'
    default:
      return undefined
  }
}

/** A room's name as it is stored. */
export function roomName(name: string): string {
  return name.trim().toWellFormed()
}

/** The slug that a room with this name should have: number 1, or another where that is taken. */
export function numberedSlug(name: string, number: number): string {
  const slug = slugify(name)
    .slice(0, SLUG_LENGTH - NUMBER_LENGTH)
    .replace(/-+$/, '')
  const base = slug || 'room'
  return number === 1 ? base : `${base}-${number}`
}

export function isReserved(slug: string): boolean {
  return RESERVED_SLUGS.has(slug)
}
