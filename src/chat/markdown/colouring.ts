import { Worker } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import { codeOf } from './code.ts'
import { ColouringBudget } from './colouring-budget.ts'
import { ColouringQueue, type WaitingCode } from './colouring-queue.ts'
import { parseMarkdown } from './parser.ts'

export interface ToColour {
  readonly code: string
  /** As highlight.js calls it. */
  readonly language: string
}

export interface Coloured {
  /** Undefined: it has no colours. */
  readonly html: string | undefined
}

export interface MadeColours extends Coloured {
  /** The time that it took, in milliseconds. */
  readonly took: number
}

/** A text, and the username of its author. */
export interface WrittenText {
  readonly text: string
  readonly author: string
}

/** Milliseconds that a message waits for the colours of its code. */
const PATIENCE = 1_000
/** Milliseconds after which work on one block of code is broken off, with the start of its thread: it has no colours. */
const LONGEST = 5_000
/** Milliseconds of work a minute for one person. Their code beyond that is shown without colours until the minute is over. */
const BUDGET = 3_000
/** Characters of a line: highlight.js takes quadratic time for some that are long. */
const LONGEST_LINE = 500
/** Characters that the cache may hold, of code and HTML together. */
const KEPT = 2 * 1024 * 1024

const LONG_LINE = new RegExp(`.{${LONGEST_LINE + 1}}`)

/** Tells whether there may be a block of code in a text. */
export function hasCode(text: string): boolean {
  return text.includes('```') || text.includes('~~~')
}

/**
 * The colours of code in messages. They are computed in a thread of its own, because highlight.js cannot be interrupted, and
 * cached by the code itself, so that they are available when a message is rendered, which waits for nothing. The thread works on
 * one block of code at a time: if one takes too long, only that one is given up.
 */
export class Colouring {
  readonly #known = new LRUCache<string, Coloured>({
    maxSize: KEPT,
    sizeCalculation: ({ html = '' }, key) => key.length + html.length + 100,
  })
  readonly #queue = new ColouringQueue()
  readonly #budget: ColouringBudget
  /** Promises of those who wait for the colours of some code, by its key. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>()
  readonly #lateListeners = new Set<() => void>()
  #worker: Worker | undefined
  #current: { readonly code: WaitingCode; readonly timer: NodeJS.Timeout } | undefined

  /** @param budget milliseconds of work a minute for one person */
  constructor(budget = BUDGET) {
    this.#budget = new ColouringBudget(budget)
  }

  /** Tells whether code gets colours. */
  takes(code: string, language: string): boolean {
    return language !== 'plaintext' && !LONG_LINE.test(code)
  }

  /** @returns HTML of nothing but spans with classes, or that there is none; undefined: it was not made yet */
  of(code: string, language: string): Coloured | undefined {
    return this.#known.get(keyOf(code, language))
  }

  /** Has the colours of the code in texts made. It resolves when they are there, or do not come in time. */
  async prepare(texts: readonly WrittenText[]): Promise<void> {
    const asked = texts.filter(({ text }) => hasCode(text)).flatMap((written) => this.#askFor(written))
    if (asked.length === 0) return
    const patience = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => patience.resolve(true), PATIENCE)
    const all = Promise.all(asked)
    const isLate = await Promise.race([all.then(() => false), patience.promise])
    clearTimeout(timer)
    if (isLate) void all.then(() => this.#tellLate())
  }

  /**
   * Calls back when colours have come after somebody gave up waiting for them, and showed code without.
   * @returns ends it
   */
  onLate(listener: () => void): () => void {
    this.#lateListeners.add(listener)
    return () => void this.#lateListeners.delete(listener)
  }

  #tellLate(): void {
    for (const listener of this.#lateListeners) listener()
  }

  #askFor({ text, author }: WrittenText): Promise<void>[] {
    return parseMarkdown(text).flatMap((token) => {
      if (token.type !== 'fence') return []
      const { code, language } = codeOf(token)
      if (language === undefined || !this.takes(code, language)) return []
      const key = keyOf(code, language)
      if (this.#known.has(key)) return []
      const asked = this.#waiting.get(key)?.promise ?? this.#ask({ key, code, language, author })
      return asked ? [asked] : []
    })
  }

  /** @returns undefined where it gets no colours now */
  #ask(code: WaitingCode): Promise<void> | undefined {
    if (!this.#budget.allows(code.author) || !this.#queue.add(code)) return undefined
    const waiting = Promise.withResolvers<void>()
    this.#waiting.set(code.key, waiting)
    this.#next()
    return waiting.promise
  }

  #next(): void {
    if (this.#current) return
    const code = this.#queue.take()
    if (!code) return
    // It was asked for while there was something left.
    if (!this.#budget.allows(code.author)) {
      this.#settle(code.key)
      return this.#next()
    }
    this.#worker ??= this.#start()
    const worker = this.#worker
    const timer = setTimeout(() => {
      this.#lose(worker)
      void worker.terminate()
    }, LONGEST)
    this.#current = { code, timer }
    const asked: ToColour = { code: code.code, language: code.language }
    worker.postMessage(asked)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./colouring-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    worker.on('message', (made: MadeColours) => {
      if (this.#worker === worker) this.#finish(made)
    })
    worker.on('error', () => {})
    worker.on('exit', () => this.#lose(worker))
    worker.unref()
    return worker
  }

  /** A thread is given up, or came to an end by what it was given. */
  #lose(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#finish({ html: undefined, took: LONGEST })
  }

  #finish({ html, took }: MadeColours): void {
    const { code, timer } = this.#current ?? {}
    this.#current = undefined
    clearTimeout(timer)
    if (code) {
      this.#budget.spend(code.author, took)
      this.#known.set(code.key, { html })
      this.#settle(code.key)
    }
    this.#next()
  }

  #settle(key: string): void {
    this.#waiting.get(key)?.resolve()
    this.#waiting.delete(key)
  }
}

function keyOf(code: string, language: string): string {
  return `${language}\0${code}`
}

export const colouring = new Colouring()
