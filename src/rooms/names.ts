import slugify from '@sindresorhus/slugify'
import { hasVisible } from '../channels/index.ts'

const NAME_LENGTH = 80
const SLUG_LENGTH = 64
/** What is left of a slug for `-` and a number. */
const NUMBER_LENGTH = 8

/** What other routes below `/rooms/` are called, or may be. */
const RESERVED_SLUGS: ReadonlySet<string> = new Set(['direct', 'new', 'search', 'settings', 'all', 'join'])

/**
 * Invisible characters that do something where they stand: joiners in emoji, keycaps and the scripts that need them,
 * variation selectors behind emoji and Han, Mongolian's own.
 */
const PROPERLY_INVISIBLE = new RegExp(
  [
    String.raw`\p{RGI_Emoji}`,
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]`,
    String.raw`(?<=[\p{Script=Han}])[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
    String.raw`(?<=\p{Script=Mongolian})[\u180b-\u180f]`,
    String.raw`(?<=[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}])[\u200c\u200d]`,
  ].join('|'),
  'gv',
)
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb\u2800]/u

/** More than four accents, or eight marks of a script's own, on one letter stand in the lines above and below it. */
const PILED_UP = /\p{Script=Inherited}{5}|\p{M}{9}/u

/** What is wrong with a room's name, in words for the person who typed it, or undefined. */
export function roomNameFault(name: string): string | undefined {
  // Before anything else looks at it: a character takes two units at most, and a form may bring 256 KiB.
  const trimmed = name.slice(0, 16 * NAME_LENGTH).trim()
  if (!hasVisible(trimmed)) return 'Give the room a name.'
  if (name.trim().length > trimmed.length || [...trimmed].length > NAME_LENGTH)
    return `A room’s name has at most ${NAME_LENGTH} characters.`
  if (/[\p{Cc}\u2028\u2029]/u.test(trimmed)) return 'A room’s name is one line of text.'
  if (INVISIBLE.test(trimmed.replace(PROPERLY_INVISIBLE, '')))
    return 'A room’s name cannot have invisible characters. Type it again instead of pasting it.'
  if (PILED_UP.test(trimmed.normalize('NFC'))) return 'There are too many accents on one letter of that name.'
  return undefined
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
