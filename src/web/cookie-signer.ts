import { Signer } from '@fastify/cookie'
import { LRUCache } from 'lru-cache'

/** Cookies with a good signature that are remembered: some two hundred bytes each. */
const REMEMBERED = 2_000

/**
 * Signs cookies as `@fastify/cookie` does, and remembers those whose signature it found to be good: a browser sends the same one
 * with each request, and several plugins look at it. Whether its session has ended is not for this to tell.
 */
export class CookieSigner {
  readonly #signer: Signer
  /** Values by their cookie, and the other way round, of those that the key signed which signs now. */
  readonly #values = new LRUCache<string, string>({ max: REMEMBERED })
  readonly #cookies = new LRUCache<string, string>({ max: REMEMBERED })

  /** @param secrets keys, of which the first one signs */
  constructor(secrets: string[]) {
    this.#signer = new Signer(secrets)
  }

  sign(value: string): string {
    return this.#cookies.get(value) ?? this.#signer.sign(value)
  }

  unsign(cookie: string): ReturnType<Signer['unsign']> {
    const known = this.#values.get(cookie)
    if (known !== undefined) return { valid: true, renew: false, value: known }
    const result = this.#signer.unsign(cookie)
    if (result.valid && !result.renew) {
      this.#values.set(cookie, result.value)
      this.#cookies.set(result.value, cookie)
    }
    return result
  }
}
