import filenamify from 'filenamify'

/** Characters of a name, and of the part behind its last dot. */
const LENGTH = 150
const EXTENSION = 16

/** Characters that are looked at. */
const LOOKED_AT = 1_000

/**
 * A name under which a file can be saved anywhere, as like the given one as may be: without a path, characters that steer or
 * that no system takes, and not one of those that Windows keeps for itself.
 * @param given as a browser or program sent it
 */
export function safeFileName(given: string): string {
  const base = given.toWellFormed().slice(-LOOKED_AT).split(/[/\\]/).at(-1)?.trim() ?? ''
  const name = filenamify(base, { replacement: '_', maxLength: LOOKED_AT })
  const dot = name.lastIndexOf('.')
  const hasExtension = dot > 0 && name.length - dot <= EXTENSION
  const extension = hasExtension ? name.slice(dot) : ''
  const stem = Array.from(hasExtension ? name.slice(0, dot) : name).slice(0, LENGTH - EXTENSION)
  // A dot at the beginning hides a file.
  const shown = `${stem.join('')}${extension}`.replace(/^[.\s]+/, '').replace(/[.\s]+$/, '')
  return shown === '' || /^_+$/.test(shown) ? 'file' : shown
}
