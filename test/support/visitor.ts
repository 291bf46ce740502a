import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { checkByContract } from './api-contract.ts'
import { TestSocket } from './socket.ts'

export const PASSWORD = 'correct horse battery'

/** A server's answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A browser without its screen: keeps cookies, fills in the `_csrf` of forms, follows no redirect. */
export class Visitor {
  readonly address: string
  readonly cookies = new Map<string, string>()
  /** Sent with every request and socket, such as `user-agent`. */
  readonly headers: Record<string, string>

  /** @param address such as `http://127.0.0.1:3000` */
  constructor(address: string, headers: Record<string, string> = {}) {
    this.address = address
    this.headers = headers
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The cookie of its session, whatever its installation calls it. */
  get sessionCookie(): { readonly name: string; readonly value: string } | undefined {
    const name = [...this.cookies.keys()].find((name) => /^(__Host-)?partyline-[0-9a-f]+$/.test(name))
    return name === undefined ? undefined : { name, value: this.cookies.get(name) ?? '' }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('GET', path, undefined, headers)
  }

  /** Sends a form, with a token from `page`. */
  async post(path: string, fields: Record<string, string>, page = '/account'): Promise<Answer> {
    return this.postBare(path, { ...fields, _csrf: await this.token(page) })
  }

  /** Sends a form just as it is given. */
  postBare(path: string, fields: Record<string, string>): Promise<Answer> {
    return this.request('POST', path, new URLSearchParams(fields))
  }

  /**
   * Sends the head of a form, which the server has seen when this resolves.
   * @returns sends the body, and waits for the answer
   */
  async beginPost(
    path: string,
    fields: Record<string, string>,
    page = '/account',
  ): Promise<() => Promise<Pick<Answer, 'status' | 'text'>>> {
    const body = String(new URLSearchParams({ ...fields, _csrf: await this.token(page) }))
    const sending = request(this.address + path, {
      method: 'POST',
      headers: {
        cookie: this.cookie,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': body.length,
        expect: '100-continue',
      },
    })
    const answered = once(sending, 'response')
    sending.flushHeaders()
    await once(sending, 'continue')
    return async () => {
      sending.end(body)
      const [response]: IncomingMessage[] = await answered
      return { status: response?.statusCode ?? 0, text: response ? await text(response) : '' }
    }
  }

  async postJson(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const token = await this.token('/account')
    return this.request('POST', path, JSON.stringify(body), {
      'content-type': 'application/json',
      'x-csrf-token': token,
      ...headers,
    })
  }

  /** The `_csrf` field of a page's first form. */
  async token(page: string): Promise<string> {
    const { text } = await this.get(page)
    return /name="_csrf"[^>]*value="([^"]+)"/.exec(text)?.[1] ?? ''
  }

  signUp(username: string, password = PASSWORD, next = ''): Promise<Answer> {
    return this.post('/sign-up', { username, password, next }, '/sign-up')
  }

  signIn(username: string, password = PASSWORD, next = ''): Promise<Answer> {
    return this.post('/sign-in', { username, password, next }, '/sign-in')
  }

  signOut(): Promise<Answer> {
    return this.post('/sign-out', {})
  }

  /** Opens a socket with this visitor's cookies. */
  socket(path: string, headers: Record<string, string> = {}): TestSocket {
    return new TestSocket(this.address, path, {
      cookie: this.cookie,
      ...this.headers,
      ...headers,
    })
  }

  /** Sends a request without a body, and waits for nothing of the answer but its head: it may be a stream. */
  async head(
    method: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<Omit<Answer, 'text'>> {
    const response = await fetch(this.address + path, { method, redirect: 'manual', headers })
    await response.body?.cancel()
    return { status: response.status, headers: response.headers }
  }

  async request(
    method: string,
    path: string,
    body?: string | URLSearchParams | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.address + path, {
      method,
      redirect: 'manual',
      headers: { cookie: this.cookie, ...this.headers, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    const answer = { status: response.status, headers: response.headers, text: await response.text() }
    checkByContract(this.address, (contract) => contract.answered(method, path, answer))
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const [name = '', ...value] = pair.split('=')
    const expires = attributes
      .map((item) => item.trim())
      .find((item) => item.toLowerCase().startsWith('expires='))
    if (expires && Date.parse(expires.slice(8)) <= Date.now()) this.cookies.delete(name)
    else this.cookies.set(name, value.join('='))
  }
}
