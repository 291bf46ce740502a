import { randomInt } from 'node:crypto'
import type { Database } from '../storage/index.ts'
import { isReserved, nameLike } from './names.ts'
import { suggestedUsername } from './presentation.ts'

/** Numbers that are tried one after the other, and then at random: many people may have one name. */
const IN_ORDER = 9
const AT_RANDOM = 20

/**
 * A username for a person who did not choose one, made from their name: with a number where somebody has it, or one that looks
 * like it. Somebody else may take it before it is stored.
 */
export async function freeUsername(database: Database, name: string): Promise<string> {
  const base = suggestedUsername(name) || suggestedUsername(await inLatin(name)) || 'person'
  for (let count = 1; count <= IN_ORDER + AT_RANDOM; count += 1) {
    const number = count <= IN_ORDER ? count : randomInt(IN_ORDER + 1, 100_000)
    const username = number === 1 ? base : `${base}-${number}`
    if (!isReserved(username) && (await nameLike(database, username)) === undefined) return username
  }
  throw new Error(`no username like ${base} is free`)
}

/** Loaded when needed: its tables of all scripts are large. */
async function inLatin(name: string): Promise<string> {
  const { default: anyAscii } = await import('any-ascii')
  return anyAscii(name.slice(0, 240))
}
