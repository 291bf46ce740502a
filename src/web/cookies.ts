import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Values that are looked at. A browser sends a few at most: one for each name, path and domain. */
const LOOKED_AT = 8

/** The content of a cookie with a good signature. */
export interface SignedCookie {
  readonly value: string
  /** True if it should be given anew: under another name, or signed with the key that signs now. */
  readonly outdated: boolean
}

/**
 * A signed cookie of this installation alone. Browsers store cookies by host, regardless of the port, so the name distinguishes
 * those of several programs on one host. Over TLS it begins with `__Host-`, so that no other host of the same domain can set it.
 */
export class OwnCookie {
  readonly #app: FastifyInstance
  /** Without TLS. */
  readonly name: string
  readonly #secureName: string
  readonly #formerName: string

  /**
   * @param name such as `partyline-3f2a91c4`
   * @param formerName under which releases before this one set it: read, and neither set nor cleared, since it may be
   * another program's
   */
  constructor(app: FastifyInstance, name: string, formerName: string) {
    this.#app = app
    this.name = name
    this.#secureName = `__Host-${name}`
    this.#formerName = formerName
  }

  /** The cookies of a request, the likeliest first: a browser may send several with one name, of which only one is good. */
  read(request: FastifyRequest): SignedCookie[] {
    const pairs = pairsOf(request)
    const found = new Map<string, SignedCookie>()
    for (const name of [this.#secureName, this.name, this.#formerName]) {
      const renamed = name !== this.#secureName && name !== this.#nameFor(request)
      for (const pair of pairs.filter((pair) => pair.startsWith(`${name}=`)).slice(0, LOOKED_AT)) {
        const { valid, renew, value } = this.#app.unsignCookie(this.#app.parseCookie(pair)[name] ?? '')
        if (valid && !found.has(value)) found.set(value, { value, outdated: renamed || renew })
      }
    }
    return [...found.values()]
  }

  /** @param maxAge in seconds; undefined: until the browser is closed */
  give(reply: FastifyReply, value: string, maxAge?: number): void {
    reply.setCookie(this.#nameFor(reply.request), this.#app.signCookie(value), {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: reply.request.protocol === 'https',
      ...(maxAge === undefined ? {} : { maxAge }),
    })
  }

  /** Over TLS, gives a cookie that another plugin has set under the plain name the name that it should have. */
  rename(reply: FastifyReply): void {
    const given = reply.getHeader('set-cookie')
    if (given === undefined || reply.request.protocol !== 'https') return
    const lines = [given].flat().map(String)
    // One without a value is cleared, and stays as it is.
    const isPlain = (line: string) => line.startsWith(`${this.name}=`) && !line.startsWith(`${this.name}=;`)
    if (!lines.some(isPlain)) return
    reply.removeHeader('set-cookie')
    reply.header(
      'set-cookie',
      lines.map((line) => (isPlain(line) ? `__Host-${line}` : line)),
    )
  }

  clear(reply: FastifyReply): void {
    const pairs = pairsOf(reply.request)
    for (const name of [this.#secureName, this.name]) {
      if (!pairs.some((pair) => pair.startsWith(`${name}=`))) continue
      // A browser takes a name with this prefix from a secure answer alone, also to delete it.
      reply.clearCookie(name, { path: '/', secure: reply.request.protocol === 'https' })
    }
  }

  #nameFor({ protocol }: FastifyRequest): string {
    return protocol === 'https' ? this.#secureName : this.name
  }
}

function pairsOf({ headers }: FastifyRequest): string[] {
  return (headers.cookie ?? '').split(';').map((pair) => pair.trim())
}
