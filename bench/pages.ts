import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Load, now, Times } from './clock.ts'
import type { Paged, PageJob } from './job.ts'

const HEAD_END = Buffer.from('\r\n\r\n')

/** Milliseconds that one page may take on a busy machine. */
const PATIENCE = 30_000

/**
 * Asks for a page on connections that are kept alive, the next when the one before has come.
 * @throws when there is none and no error either, however long it waits
 */
export async function askForPages(job: PageJob, patience = PATIENCE): Promise<Paged> {
  const counts = { pages: 0, errors: 0, times: new Times() }
  const readers = Array.from({ length: job.connections }, () => new PageReader(job, counts))
  await delay(job.warmUp)
  const used = new Load(job.pids)
  const [pages, began] = [counts.pages, performance.now()]
  counts.times = new Times()
  do await delay(job.duration)
  while (counts.pages === pages && counts.errors === 0 && performance.now() - began < patience)
  const rate = ((counts.pages - pages) * 1000) / (performance.now() - began)
  const load = used.shares
  for (const reader of readers) reader.end()
  if (rate === 0 && counts.errors === 0) throw new Error('no page came')
  const times = { p50: counts.times.percentile(0.5), p99: counts.times.percentile(0.99) }
  return { pages: rate, ...times, errors: counts.errors, load }
}

interface Counts {
  pages: number
  errors: number
  times: Times
}

class PageReader {
  readonly #counts: Counts
  readonly #expect: string
  readonly #request: string
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #askedAt = 0
  #ended = false

  constructor({ port, path, cookie, expect }: PageJob, counts: Counts) {
    this.#counts = counts
    this.#expect = expect
    this.#request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nAccept: text/html\r\n\r\n`
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.on('connect', () => this.#ask())
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      if (!this.#ended) counts.errors += 1
    })
  }

  end(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  #ask(): void {
    this.#askedAt = now()
    this.#socket.write(this.#request)
  }

  #read(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    const headEnd = this.#bytes.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#bytes.toString('latin1', 0, headEnd)
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
    const end = headEnd + HEAD_END.length + length
    if (Number.isNaN(length)) return this.#fail(`an answer without a length: ${head}`)
    if (this.#bytes.length < end) return
    if (!head.startsWith('HTTP/1.1 200') || this.#bytes.indexOf(this.#expect) < 0) {
      return this.#fail(`not the page that was asked for: ${head}`)
    }
    this.#bytes = this.#bytes.subarray(end)
    this.#counts.pages += 1
    this.#counts.times.add(now() - this.#askedAt)
    this.#ask()
  }

  #fail(what: string): void {
    console.error(what.slice(0, 300))
    this.#counts.errors += 1
    this.end()
  }
}
