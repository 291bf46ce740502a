import { setTimeout as delay } from 'node:timers/promises'
import { type Sample, type Scale, started } from './measure.ts'
import type { Peer } from './peers.ts'
import { LOBBY } from './town.ts'

/** People who look on. */
const ONLOOKERS = 10

/** Milliseconds between two edits, and between two lines of each who writes. */
const EDITS_EVERY = 100
const WRITES_EVERY = 500

/** Changes of one edit, as the contract bounds them. */
const AT_ONCE = 500

interface Heard {
  readonly type: string
  readonly id?: string
  readonly rev?: number
  readonly until?: number
}

/** A person on the lobby's sheet. */
class Person {
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (frame: Heard) => void>()
  #reached: { readonly rev: number; readonly resolve: () => void } | undefined
  #rev = 0
  #asked = 0
  readonly ready: Promise<void>

  constructor(port: number, cookie: string) {
    // Node's own WebSocket takes headers as well, which the browser's type does not know.
    const options: object = { headers: { cookie } }
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/ws/calculator/${LOBBY}`, options as string[])
    this.ready = new Promise((resolve, reject) => {
      this.#socket.addEventListener('close', () => reject(new Error('the sheet was closed')))
      this.#socket.addEventListener('message', ({ data }) => {
        const frame: Heard = JSON.parse(String(data))
        if (frame.type === 'welcome') resolve()
        this.#hear(frame)
      })
    })
  }

  /** Sends an edit. @returns its `done` */
  ask(frame: object): Promise<Heard> {
    this.#asked += 1
    const id = `n${this.#asked}`
    const answer = new Promise<Heard>((resolve) => this.#waiting.set(id, resolve))
    this.tell({ ...frame, id })
    return answer
  }

  tell(frame: object): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** Resolves when the change with a `rev` has come. */
  has(rev: number): Promise<void> {
    return this.#rev >= rev
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#reached = { rev, resolve }
        })
  }

  close(): void {
    this.#socket.close()
  }

  #hear(frame: Heard): void {
    if (frame.type === 'result') this.#rev = Math.max(this.#rev, frame.rev ?? 0)
    if (this.#reached && this.#rev >= this.#reached.rev) this.#reached.resolve()
    if (frame.type !== 'done' && frame.type !== 'error') return
    if (frame.type === 'error') throw new Error(`refused: ${JSON.stringify(frame)}`)
    this.#waiting.get(frame.id ?? '')?.(frame)
    this.#waiting.delete(frame.id ?? '')
  }
}

/** An edit on which 200 lines depend, until each of ten people has all of them; the 99th percentile, in milliseconds. */
export function sheetEdit(peer: Peer, { sheets: { dependent, edits } }: Scale): Promise<Sample> {
  const lines = ['x = 1', ...Array.from({ length: dependent }, (_, index) => `x * ${index + 2}`)]
  return onSheet(peer, ONLOOKERS, lines, async ([writer, ...others]) => {
    const times: number[] = []
    for (let edit = 1; edit <= edits; edit += 1) {
      const began = performance.now()
      const { rev = 0 } = (await writer?.ask(setting(1, `x = ${edit + 1}`))) ?? {}
      await Promise.all([writer, ...others].map((person) => person?.has(rev)))
      times.push(performance.now() - began)
      await delay(EDITS_EVERY)
    }
    return percentiles(times.slice(edits / 3))
  })
}

/** A line on which a thousand depend, one after another: until all of them are stored and told; the median. */
export function sheetWhole(peer: Peer, { sheets: { large, openings, pause } }: Scale): Promise<Sample> {
  return onSheet(peer, 1, chain(large), async ([writer]) => {
    const times: number[] = []
    for (let edit = 1; edit <= openings; edit += 1) {
      const began = performance.now()
      await writer?.ask(setting(1, `v0 = ${edit + 1}`))
      times.push(performance.now() - began)
      await delay(pause)
    }
    const sample = percentiles(times)
    return { ...sample, figure: sample.p50 ?? 0 }
  })
}

/** The page of a sheet of a thousand lines; the median, in milliseconds. */
export function sheetOpen(peer: Peer, { sheets: { large, openings } }: Scale): Promise<Sample> {
  return onSheet(peer, 1, chain(large), async (_people, port, cookie) => {
    const times: number[] = []
    for (let opening = 0; opening < openings; opening += 1) {
      const began = performance.now()
      await (
        await fetch(`http://127.0.0.1:${port}/rooms/${LOBBY}/calculator`, { headers: { cookie } })
      ).text()
      times.push(performance.now() - began)
      await delay(EDITS_EVERY)
    }
    const sample = percentiles(times)
    return { ...sample, figure: sample.p50 ?? 0 }
  })
}

/** Fifty people who write in one sheet at once, drafts and all, until a line is stored; the 99th percentile. */
export function sheetWriters(peer: Peer, { duration, sheets: { writers } }: Scale): Promise<Sample> {
  return onSheet(
    peer,
    writers,
    Array.from({ length: writers }, (_, index) => `n${index} = 1`),
    async (people) => {
      const times: number[] = []
      const until = performance.now() + 5 * duration
      await Promise.all(
        people.map(async (person, index) => {
          await delay((index * WRITES_EVERY) / writers)
          for (let turn = 2; performance.now() < until; turn += 1) {
            const expression = `n${index} = ${turn} + n${(index + 1) % 7}`
            person.tell({ type: 'editing', seq: index + 1, expression })
            await delay(WRITES_EVERY / 2)
            const began = performance.now()
            await person.ask(setting(index + 1, index < 7 ? `n${index} = ${turn}` : expression))
            times.push(performance.now() - began)
            await delay(WRITES_EVERY / 2)
          }
        }),
      )
      return percentiles(times)
    },
  )
}

function setting(seq: number, expression: string): object {
  return { type: 'set', seq, expression, base: Number.MAX_SAFE_INTEGER }
}

function chain(length: number): string[] {
  return Array.from({ length }, (_, index) => (index === 0 ? 'v0 = 1' : 'ans + 1'))
}

/** Opens the lobby's sheet, with some lines on it, for some people. */
function onSheet(
  peer: Peer,
  people: number,
  lines: readonly string[],
  work: (people: Person[], port: number, cookie: string) => Promise<Sample>,
): Promise<Sample> {
  const needs = { people, rooms: 0, core: undefined }
  return started(peer, needs, { processes: 1 }, async (server, [port = 0]) => {
    const cookies = server.people.map(({ cookie }) => cookie)
    const present = cookies.map((cookie) => new Person(port, cookie))
    await Promise.all(present.map(({ ready }) => ready))
    for (let from = 0; from < lines.length; from += AT_ONCE) {
      const changes = lines.slice(from, from + AT_ONCE)
      await present[0]?.ask({
        type: 'edit',
        changes: changes.map((expression) => ({ type: 'insert', expression, before: null })),
      })
    }
    await delay(1_000)
    const sample = await work(present, port, cookies[0] ?? '')
    for (const person of present) person.close()
    return sample
  })
}

function percentiles(times: readonly number[]): Sample {
  const sorted = [...times].sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.POSITIVE_INFINITY
  return { figure: at(0.99), p50: at(0.5), p99: at(0.99) }
}
