import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { networkOf } from '../channels/index.ts'
import { TooManyRequests } from '../web/index.ts'

/** The Redis that counts tries for all processes together. */
export type SharedCounts = Redis | Cluster

/** The texts for a person whose attempt is refused for now. */
interface Words {
  readonly heading: string
  readonly message: string
}

const WRONG_PASSWORDS: Words = {
  heading: 'Too many wrong passwords',
  message: 'Wait a little, then try again.',
}

const SIGN_UPS: Words = { heading: 'Too many accounts were created from here', message: 'Try again later.' }

const TOKENS: Words = {
  heading: 'Too many sign-ins for tokens',
  message: 'Use the token you have to get the next one, or wait a little.',
}

const KEYS: Words = {
  heading: 'Too many wrong API keys',
  message: 'Create another at /account, or wait a little.',
}

const WINDOW = 5 * 60
const PER_NAME_AND_ADDRESS = 10
const PER_ADDRESS = 100

/** Tokens by password for a name from one address. */
const TOKENS_PER_HOUR = 60

/** Wrong passwords for a name, from wherever, before answers slow down; and the longest that one is held back. */
const FREE_PER_NAME = 10
const LONGEST_DELAY = 5_000

/**
 * Limits wrong passwords: 10 in 5 minutes for a name from one address, 100 for an address, each with its network
 * (`networkOf`). For a name alone there is only a growing delay, so that nobody can lock another out, and none where
 * the person has signed in from before, so that strangers who guess do not slow them down.
 */
export class SignInAttempts {
  readonly #pairs: RateLimiterAbstract
  readonly #addresses: RateLimiterAbstract
  readonly #names: RateLimiterAbstract

  readonly #isFamiliar: (name: string, network: string) => Promise<boolean>

  /**
   * @param isFamiliar whether somebody has signed in under this name from there before
   * @param shared undefined: this process counts for itself
   */
  constructor(isFamiliar: (name: string, network: string) => Promise<boolean>, shared?: SharedCounts) {
    this.#isFamiliar = isFamiliar
    this.#pairs = limiter('pair', PER_NAME_AND_ADDRESS, WINDOW, shared)
    this.#addresses = limiter('address', PER_ADDRESS, WINDOW, shared)
    this.#names = limiter('name', Number.MAX_SAFE_INTEGER, WINDOW, shared)
  }

  /**
   * Does one try. It counts before it is known to be wrong, so that tries side by side cannot slip through together, and
   * no longer counts once it was right.
   * @param attempt gives undefined when the password was wrong
   * @throws TooManyRequests before anything was tried
   */
  async try<Result>(
    name: string,
    address: string,
    attempt: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const network = networkOf(address)
    const pair = `${name} ${network}`
    await consume(this.#pairs, pair, WRONG_PASSWORDS)
    await consume(this.#addresses, network, WRONG_PASSWORDS)
    const { consumedPoints } = await this.#names.consume(name)
    const held = delayOf(consumedPoints)
    if (held > 0 && !(await this.#isFamiliar(name, network))) await delay(held)
    const result = await attempt()
    if (result === undefined) return undefined
    await Promise.all([this.#pairs.delete(pair), this.#names.delete(name), this.#addresses.reward(network)])
    return result
  }
}

/**
 * Limits attempts to create an account from one address, including those with a name that is taken, since each answer reveals
 * whether somebody has that name.
 */
export class SignUpAttempts {
  readonly #limiter: RateLimiterAbstract | undefined

  /** @param perHour 0: no limit */
  constructor(perHour: number, shared?: SharedCounts) {
    this.#limiter = perHour > 0 ? limiter('sign-up', perHour, 60 * 60, shared) : undefined
  }

  /** @throws TooManyRequests */
  async count(address: string): Promise<void> {
    if (this.#limiter) await consume(this.#limiter, networkOf(address), SIGN_UPS)
  }
}

/**
 * Limits tokens by password, even with the right one: programs should renew the token that they have, and each sign-in creates a
 * session.
 */
export class TokenSignIns {
  readonly #limiter: RateLimiterAbstract

  constructor(shared?: SharedCounts) {
    this.#limiter = limiter('token', TOKENS_PER_HOUR, 60 * 60, shared)
  }

  /** @throws TooManyRequests */
  async count(name: string, address: string): Promise<void> {
    await consume(this.#limiter, `${name} ${networkOf(address)}`, TOKENS)
  }
}

/**
 * Limits wrong API keys from one address. Valid keys still work, so a program that keeps using a revoked key locks nobody else
 * out, and keys cannot be guessed.
 */
export class WrongKeys {
  readonly #limiter: RateLimiterAbstract

  constructor(shared?: SharedCounts) {
    this.#limiter = limiter('key', PER_ADDRESS, WINDOW, shared)
  }

  /** Counts one. @throws TooManyRequests */
  async count(address: string): Promise<void> {
    await consume(this.#limiter, networkOf(address), KEYS)
  }
}

/** @param duration in seconds */
function limiter(
  name: string,
  points: number,
  duration: number,
  shared: SharedCounts | undefined,
): RateLimiterAbstract {
  const options = { keyPrefix: `partyline:tries:${name}`, points, duration }
  const memory = new RateLimiterMemory(options)
  // While Redis is away each process counts for itself: nobody is kept out, and nobody may guess without end.
  return shared ? new RateLimiterRedis({ ...options, storeClient: shared, insuranceLimiter: memory }) : memory
}

async function consume(limiter: RateLimiterAbstract, key: string, words: Words): Promise<void> {
  try {
    await limiter.consume(key)
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    throw new TooManyRequests(words.heading, words.message, refusal.msBeforeNext)
  }
}

function delayOf(tries: number): number {
  return tries <= FREE_PER_NAME ? 0 : Math.min(LONGEST_DELAY, 100 * 2 ** (tries - FREE_PER_NAME - 1))
}
