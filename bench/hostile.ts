import { setTimeout as delay } from 'node:timers/promises'
import { type Sample, type Scale, started } from './measure.ts'
import type { Peer } from './peers.ts'
import { RESULT } from './speech.ts'

/** Attackers: each account has one that types (previews) and one that sends lines. */
const ACCOUNTS = 10

/** Previews a second of one who types as fast as the limit on frames allows. */
const PREVIEWS_A_SECOND = 9

/** Milliseconds after which what has not been answered never is. */
const PATIENCE = 20_000

/** Input that held the server up in some way. `#` is replaced by a new number each time, so that nothing is cached. */
const ATTACKS = [
  '((1:10000)/1#).^pi',
  'sum(sin((1:300)/1#))',
  'sum(atan((1:100)/1#))',
  'sinh(19#)',
  'norm(identity(4)*1# + 1)',
  'sqrtm(identity(9)*1# + 0.1)',
  '(identity(9)*1.0# + 0.1)^1000',
  'sum(gamma((1:30)+2#))',
  'std(sort((1:2000)/1#))',
  'kron((1:90)/1#, (1:90)/7) .* 2',
  'setUnion((1:100)/1#, (1:100)/7)',
  'det(kron(identity(4), [1#,2;3,4]))',
]

/** Of the lines of the hostile sheet, a circle and those that depend on its first line: the most that may be, and shares. */
const CIRCLE = { most: 450, share: 0.2 }
const DEPENDENT = { most: 1_500, share: 0.5 }
/** Changes of one edit, and edits a second. */
const AT_ONCE = 500
const EDITS_A_SECOND = 10
/** As long as a draft may be. */
const LONGEST = `v${' + v'.repeat(249)}`

/** One socket that says the next thing when it is time, and counts what is answered. */
class Voice {
  readonly socket: WebSocket
  readonly times: number[] = []
  sent = 0
  answered = 0
  errors = 0
  closed = false
  /** Whether the frame that was sent last is answered. */
  isAnswered = true
  #sentAt = 0
  #heard: (() => void) | undefined

  constructor(port: number, cookie: string) {
    // Node's own WebSocket takes headers as well, which the browser's type does not know.
    const options: object = { headers: { cookie } }
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/ws/calculator`, options as string[])
    this.socket.addEventListener('message', ({ data }) => this.#hear(String(data)))
    this.socket.addEventListener('close', () => {
      this.closed = true
      this.#heard?.()
    })
  }

  get welcomed(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }

  send(frame: object): void {
    this.sent += 1
    this.isAnswered = false
    this.#sentAt = performance.now()
    this.socket.send(JSON.stringify({ ...frame, id: `n${this.sent}` }))
  }

  /** Resolves when what was sent last is answered. */
  async untilAnswered(): Promise<void> {
    while (!this.isAnswered && !this.closed) await this.welcomed
  }

  /** Sends a frame, and resolves when it is answered. */
  ask(frame: object): Promise<void> {
    const heard = this.welcomed
    this.send(frame)
    return heard
  }

  #hear(text: string): void {
    if (!text.includes('"welcome"')) {
      if (!text.includes(`"n${this.sent}"`)) return
      this.answered += 1
      this.isAnswered = true
      if (!RESULT.test(text)) this.errors += 1
      this.times.push(performance.now() - this.#sentAt)
    }
    this.#heard?.()
  }
}

/**
 * Twenty attackers, and one more with a hostile sheet, beside one who calculates `12*7` in a closed loop. The figure is their 99th percentile in milliseconds; what
 * is not answered is missing, but for previews that a newer one replaced.
 */
export function hostile(peer: Peer, { warmUp, duration, sheets }: Scale): Promise<Sample> {
  const needs = { people: ACCOUNTS + 2, rooms: 0, core: undefined }
  return started(peer, needs, { processes: 1 }, async (server, [port = 0]) => {
    const cookies = server.people.map(({ cookie }) => cookie)
    const neighbour = new Voice(port, cookies[0] ?? '')
    const editor = new Voice(port, cookies.at(-1) ?? '')
    const attackers = cookies
      .slice(1, -1)
      .flatMap((cookie) => [new Voice(port, cookie), new Voice(port, cookie)])
    await Promise.all([neighbour, editor, ...attackers].map((voice) => voice.welcomed))
    await fillSheet(editor, sheets.hostile)

    // Nobody is attacked before the calculator is there.
    await neighbour.ask({ expression: '12*7' })
    let over = false
    const attacks = attackers.map((voice, index) =>
      index % 2 ? type(voice, index) : calculate(voice, index),
    )
    attacks.push(edit(editor))
    const calculating = (async () => {
      while (!over && !neighbour.closed) await neighbour.ask({ expression: '12*7' })
    })()
    await delay(warmUp)
    const begun = neighbour.times.length
    await delay(10 * duration)
    over = true
    await Promise.race([Promise.all([calculating, ...attacks]), delay(PATIENCE)])

    const times = neighbour.times.slice(begun).sort((one, other) => one - other)
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.POSITIVE_INFINITY
    const everybody = [neighbour, ...attackers]
    for (const { socket } of [...everybody, editor]) socket.close()
    return {
      figure: at(0.99),
      p50: at(0.5),
      p99: at(0.99),
      faults: {
        missing: everybody.filter(
          ({ sent, answered, isAnswered }, index) =>
            !isAnswered || ((index === 0 || index % 2 === 1) && answered < sent),
        ).length,
        errors: neighbour.errors,
        closed: everybody.filter(({ closed }) => closed).length,
      },
    }

    async function calculate(voice: Voice, seed: number): Promise<void> {
      for (let i = seed; !over && !voice.closed; i++) await voice.ask({ expression: attack(i) })
    }

    async function edit(voice: Voice): Promise<void> {
      for (let i = 0; !over && !voice.closed; i++) {
        const [seq, expression] = i % 2 ? [1, `v = ${i}`] : [2, `c0 = c1 + ${i}`]
        voice.socket.send(JSON.stringify({ type: 'editing', seq: 1, expression: LONGEST }))
        voice.send({ type: 'set', seq, expression, base: Number.MAX_SAFE_INTEGER })
        await delay(1000 / EDITS_A_SECOND)
      }
    }

    async function type(voice: Voice, seed: number): Promise<void> {
      for (let i = seed; !over && !voice.closed; i++) {
        voice.send({ type: 'preview', expression: attack(i) })
        await delay(1000 / PREVIEWS_A_SECOND)
      }
      await voice.untilAnswered()
    }
  })
}

/** Fills a sheet with what is dear to calculate anew. */
async function fillSheet(voice: Voice, count: number): Promise<void> {
  const upTo = ({ most, share }: typeof CIRCLE) => Math.min(most, Math.round(count * share))
  const [round, below] = [upTo(CIRCLE), upTo(DEPENDENT)]
  const circle = Array.from({ length: round }, (_, index) => `c${index} = c${(index + 1) % round} + 1`)
  const dependent = Array.from({ length: below }, (_, index) => `v * ${index}`)
  const lines = ['v = 1', ...circle, ...dependent]
  while (lines.length < count) lines.push('1')
  for (let from = 0; from < lines.length; from += AT_ONCE) {
    const changes = lines.slice(from, from + AT_ONCE)
    await voice.ask({
      type: 'edit',
      changes: changes.map((expression) => ({ type: 'insert', expression, before: null })),
    })
  }
}

function attack(index: number): string {
  return (ATTACKS[index % ATTACKS.length] ?? '').replaceAll('#', String(100 + (index % 900)))
}
