import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Argon2id as OWASP's Password Storage Cheat Sheet asks for: 19 MiB of memory, 2 passes, 1 lane. */
const MEMORY = 19_456
const PASSES = 2
const LANES = 1
const SALT_BYTES = 16
const HASH_BYTES = 32

/** Of the four threads that Node has for such work. Files, names and new connections to a database need the others. */
const AT_ONCE = 2

const derive = promisify(argon2)

const waiting: (() => void)[] = []
let working = 0

/** Hashes a password for storing, off the event loop. The result names its own parameters (PHC string format). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await argon2id(password, salt, { memory: MEMORY, passes: PASSES, parallelism: LANES })
  return `$argon2id$v=19$m=${MEMORY},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(hash)}`
}

/**
 * Whether a password is the one that was hashed. Without a hash the same work is done and the answer is no, so that
 * nobody can tell from the time whether a name is known.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(
    stored ?? (await nobody()),
  )
  if (!match) throw new Error('a stored password hash cannot be read')
  const [, memory, passes, parallelism, salt = '', hash = ''] = match
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const expected = Buffer.from(hash, 'base64')
  const actual = await argon2id(password, Buffer.from(salt, 'base64'), cost)
  return timingSafeEqual(actual, expected) && stored !== undefined
}

let nobodysHash: Promise<string> | undefined

function nobody(): Promise<string> {
  nobodysHash ??= hashPassword(randomBytes(16).toString('hex'))
  return nobodysHash
}

interface Cost {
  memory: number
  passes: number
  parallelism: number
}

/** Two ways of typing the same accented letter are the same password (RFC 8265, section 4.2). */
async function argon2id(password: string, nonce: Buffer, cost: Cost): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'))
  if (working >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  working += 1
  try {
    return await derive('argon2id', { message, nonce, ...cost, tagLength: HASH_BYTES })
  } finally {
    working -= 1
    waiting.shift()?.()
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
