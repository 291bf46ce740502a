import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { boundedLookUps, type LookUp } from './bounded-look-ups.ts'
import { isPublicAddress } from './public-address.ts'
import { RequestFailed } from './request-failed.ts'

const TIMEOUT = 10_000
/** Milliseconds for a look-up alone, where an address is only checked. */
const LOOK_UP = 3_000
/** Bytes of an answer that are read. */
const ANSWER_BYTES = 64 * 1024
/** Characters of an address. */
const LONGEST = 2_000

/** An address that a person entered and that must not be called. The message is for them. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export interface OutboundRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Ends the request early. */
  readonly signal?: AbortSignal
}

export interface OutboundAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** The first 64 KiB. */
  readonly body: Buffer
}

/**
 * Calls addresses that people enter, such as those of hooks. It calls none on this machine, in a private network or on a link,
 * whether given by number or by name: the addresses found by the look-up are checked, and then called themselves, so that a name
 * which changes in between gains nothing. Redirects are answers like any other, and not followed.
 */
export class Outbound {
  readonly #allowed: ReadonlySet<string>
  readonly #lookUp: LookUp
  readonly #timeout: number

  /**
   * @param allowed hosts, `host` or `host:port` as they are written in an address, that may be called whatever they are
   * @param lookUp used in place of the system's, for tests
   * @param timeout milliseconds that a request may take, from the look-up of the name to the end of the answer
   */
  constructor(allowed: readonly string[], lookUp: LookUp = systemLookUp, timeout = TIMEOUT) {
    this.#allowed = new Set(allowed.map((host) => host.toLowerCase()))
    this.#lookUp = boundedLookUps(lookUp)
    this.#timeout = timeout
  }

  /**
   * Reads an address that somebody gave, and looks its name up.
   * @returns the address in its usual form. A name that is not found now may be later, and is let through
   * @throws AddressRefused
   */
  async check(address: string): Promise<string> {
    const url = this.#read(address)
    if (this.#isAllowed(url) || isIP(bare(url)) !== 0) return url.href
    const { promise, resolve } = Promise.withResolvers<readonly LookupAddress[]>()
    const timer = setTimeout(resolve, LOOK_UP, [])
    this.#lookUp(bare(url), (error, addresses) => resolve(error ? [] : addresses))
    const found = await promise
    clearTimeout(timer)
    if (found.some(({ address }) => !isPublicAddress(address))) throw notReachable(url)
    return url.href
  }

  /**
   * Sends a request, and reads what is answered, whatever its status.
   * @throws AddressRefused; RequestFailed where no answer came; whatever `signal` was aborted with
   */
  async request(address: string, request: OutboundRequest = {}): Promise<OutboundAnswer> {
    const url = this.#read(address)
    const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>()
    const { body, headers, method = body === undefined ? 'GET' : 'POST', signal } = request
    const limit = AbortSignal.timeout(this.#timeout)
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method,
      headers: { 'user-agent': 'Partyline', ...headers },
      agent: false,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(!this.#isAllowed(url) && { lookup: this.#guarded(url) }),
    })
    const fail = (error: unknown) => {
      if (signal?.aborted) reject(signal.reason)
      else if (limit.aborted)
        reject(new RequestFailed('timed_out', `no answer within ${this.#timeout / 1000} s`))
      else reject(error instanceof AddressRefused ? error : RequestFailed.from(error))
    }
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      read(incoming).then((body) => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body })
        outgoing.destroy()
      }, fail)
    })
    // Without a listener, Node closes the connection and reports neither an answer nor an error.
    outgoing.on('upgrade', ({ headers, statusCode }, socket) => {
      socket.destroy()
      resolve({ status: statusCode ?? 0, headers, body: Buffer.alloc(0) })
    })
    outgoing.end(body)
    return promise
  }

  /** @throws AddressRefused for what is not an address, or for one that must not be called */
  #read(address: string): URL {
    const url = address.length <= LONGEST ? URL.parse(address) : null
    if (!url || !['http:', 'https:'].includes(url.protocol))
      throw new AddressRefused(
        `An address must begin with https:// or http:// and have at most ${LONGEST} characters.`,
      )
    if (url.username !== '' || url.password !== '')
      throw new AddressRefused('An address cannot contain a username or password.')
    if (!this.#isAllowed(url) && isIP(bare(url)) !== 0 && !isPublicAddress(bare(url))) throw notReachable(url)
    return url
  }

  #isAllowed(url: URL): boolean {
    const port = url.port || (url.protocol === 'https:' ? '443' : '80')
    return this.#allowed.has(url.hostname) || this.#allowed.has(`${url.hostname}:${port}`)
  }

  /** The addresses that are checked are those that are called. */
  #guarded(url: URL): LookupFunction {
    return (name, options, callback) => {
      this.#lookUp(name, (error, addresses) => {
        const [first] = addresses
        if (error || !first) {
          const none = new RequestFailed('name_not_found', `${name} has no address`)
          return callback(error ?? none, '', 4)
        }
        if (addresses.some(({ address }) => !isPublicAddress(address)))
          return callback(notReachable(url), '', 4)
        if (options.all) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      })
    }
  }
}

function notReachable({ hostname }: URL): AddressRefused {
  return new AddressRefused(
    `${hostname} is not a public internet address. Whoever runs this server can allow it with WEBHOOK_HOSTS.`,
  )
}

/** A host without the brackets of IPv6. */
function bare({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/** Reads no more than is kept: what is longer is cut off. */
async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk).subarray(0, ANSWER_BYTES - bytes)
    bytes += part.length
    chunks.push(part)
    if (bytes >= ANSWER_BYTES) break
  }
  return Buffer.concat(chunks)
}

function systemLookUp(name: string, callback: Parameters<LookUp>[1]): void {
  // For a name that is not found, the system gives no list of addresses at all, whatever its types say.
  systemLookup(name, { all: true }, (error, addresses) => callback(error, error ? [] : addresses))
}
