import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { HashQueue } from './hash-queue.ts'

/** Argon2id as OWASP's Password Storage Cheat Sheet asks for: 19 MiB of memory, 2 passes, 1 lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/**
 * Hashes that run at once, of the four threads that Node has. Files, names and new connections to a database need the
 * others.
 */
const AT_ONCE = 2

const derive = promisify(argon2)

/** The queue of the whole process, whose threads hashing uses. */
const queue = new HashQueue(AT_ONCE)

/**
 * Hashes a password for storing, off the event loop. The result names its own parameters (PHC string format).
 * @param network of the client (`networkOf`): networks take turns
 * @throws TooManyHashes
 */
export async function hashPassword(password: string, network = ''): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await argon2id(password, salt, COST, network)
  return phc(salt, hash)
}

/**
 * Tells whether a password is the one that was hashed. Without a hash the same work is done and the answer is no, so that
 * nobody can tell from the time whether a name is known.
 * @param network of the client (`networkOf`): networks take turns
 * @throws TooManyHashes
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  network = '',
): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored ?? unusableHash)
  if (!match) throw new Error('a stored password hash cannot be read')
  const [, memory, passes, parallelism, salt = '', hash = ''] = match
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const expected = Buffer.from(hash, 'base64')
  const actual = await argon2id(password, Buffer.from(salt, 'base64'), cost, network)
  return timingSafeEqual(actual, expected) && stored !== undefined
}

/** A hash that no password has: for names that nobody has, and for accounts that nobody can sign in to. */
export const unusableHash = phc(randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))

interface Cost {
  memory: number
  passes: number
  parallelism: number
}

/** Two ways of typing the same accented letter are the same password (RFC 8265, section 4.2). */
function argon2id(password: string, nonce: Buffer, cost: Cost, network: string): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'))
  return queue.run(network, () => derive('argon2id', { message, nonce, ...cost, tagLength: HASH_BYTES }))
}

function phc(salt: Buffer, hash: Buffer): string {
  const { memory, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
