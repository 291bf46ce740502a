import { get, type IncomingMessage } from 'node:http'
import { checkByContract } from './api-contract.ts'
import type { Visitor } from './visitor.ts'

/** An event as it came. */
export interface ServerEvent {
  readonly id?: number
  readonly retry?: number
  readonly data: Record<string, unknown>
}

/** Milliseconds after which an event that did not come is a failure. */
const PATIENCE = 60_000

/** A client of Server-Sent Events whose events are waited for. */
export class TestEvents {
  readonly response: IncomingMessage
  comments = 0
  readonly #check: (data: unknown) => void
  #text = ''
  readonly #events: ServerEvent[] = []
  #ended = false
  #wake: (() => void) | undefined

  private constructor(response: IncomingMessage, check: (data: unknown) => void) {
    this.response = response
    this.#check = check
    response.setEncoding('utf8')
    response.on('close', () => {
      this.#ended = true
      this.#wake?.()
    })
  }

  /** @param reads false: nothing is read until `read` is called */
  static async open(
    person: Visitor,
    path: string,
    headers: Record<string, string> = {},
    reads = true,
  ): Promise<TestEvents> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    get(person.address + path, { headers: { cookie: person.cookie, ...headers }, agent: false }, resolve).on(
      'error',
      reject,
    )
    const events = new TestEvents(await promise, (data) =>
      checkByContract(person.address, (contract) => contract.told(path, data)),
    )
    if (reads) events.read()
    return events
  }

  read(): void {
    this.response.on('data', (chunk: string) => {
      this.#text += chunk
      const blocks = this.#text.split('\n\n')
      this.#text = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
      this.#wake?.()
    })
  }

  async next(type?: string): Promise<ServerEvent> {
    for (;;) {
      const event = this.#events.shift()
      if (event && (type === undefined || event.data.type === type)) return event
      if (event) continue
      if (this.#ended) throw new Error(`the stream ended before ${type ?? 'another event'}`)
      await this.#change(type ?? 'an event')
    }
  }

  async take(count: number): Promise<ServerEvent[]> {
    const taken: ServerEvent[] = []
    while (taken.length < count) taken.push(await this.next())
    return taken
  }

  /** All that came, once the stream has ended. */
  async rest(): Promise<ServerEvent[]> {
    while (!this.#ended) await this.#change('the end')
    return this.#events.splice(0)
  }

  /** Resolves when a comment came that was not there at the call. */
  async comment(): Promise<void> {
    const before = this.comments
    while (this.comments === before) await this.#change('a comment')
  }

  close(): void {
    this.response.destroy()
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
    const data = field('data')
    if (data === undefined) {
      this.comments += 1
      return
    }
    const id = field('id')
    const retry = field('retry')
    this.#events.push({
      ...(id !== undefined && { id: Number(id) }),
      ...(retry !== undefined && { retry: Number(retry) }),
      data: JSON.parse(data),
    })
    this.#check(JSON.parse(data))
  }

  async #change(what: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
