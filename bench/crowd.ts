import { setTimeout as delay } from 'node:timers/promises'
import { Load, now, Times } from './clock.ts'
import type { Connected, ConnectJob, Faults, Talked, TalkJob } from './job.ts'
import { Ledger } from './ledger.ts'
import { Member } from './member.ts'
import { Speech } from './speech.ts'

/** Sockets that are being opened at the same time. */
const OPENING = 64

/** Milliseconds without any message after which what has not come is missing, and for which one waits at most. */
const SILENCE = 2_000
const PATIENCE = 4_000

/** Errors that are printed; the rest is counted. */
const PRINTED = 5

interface Talking {
  readonly ledger: Ledger
  readonly members: readonly Member[]
}

/** All the people who are connected to a server, what they say, and what they hear. */
export class Crowd {
  readonly #job: ConnectJob
  readonly #speech: Speech
  readonly #rooms: Talking[]
  readonly #pending: (() => Promise<void>)[] = []
  #times = new Times()
  /** Whether who hears their own message says the next one. */
  #conversing = false
  #deliveries = 0
  #errors = 0
  #closed = 0

  constructor(job: ConnectJob) {
    this.#job = job
    this.#speech = new Speech(job)
    this.#rooms = job.rooms.map((room) => {
      const ledger = new Ledger(job.talkers)
      const members: Member[] = []
      for (const [index, person] of room.members.entries()) {
        this.#pending.push(() => this.#open(room.name, ledger, members, index, person))
      }
      return { ledger, members }
    })
  }

  async connect(): Promise<Connected> {
    const sockets = this.#pending.length
    let next = 0
    const open = async () => {
      for (let pending = this.#pending[next++]; pending; pending = this.#pending[next++]) await pending()
    }
    await Promise.all(Array.from({ length: OPENING }, open))
    return { sockets }
  }

  async talk({ talkers, rate, warmUp, duration, pids }: TalkJob): Promise<Talked> {
    const before = this.#faults()
    const stop = rate > 0 ? this.#recite(talkers, rate) : this.#converse(talkers)
    await this.#begun()
    await delay(warmUp)
    const used = new Load(pids)
    const [deliveries, said, began] = [this.#deliveries, this.#said(), performance.now()]
    this.#times = new Times()
    // A busy machine may need longer for one.
    do await delay(duration)
    while (this.#deliveries === deliveries && performance.now() - began < PATIENCE)
    const seconds = (performance.now() - began) / 1000
    const load = used.shares
    const counted = {
      deliveries: (this.#deliveries - deliveries) / seconds,
      messages: (this.#said() - said) / seconds,
    }
    stop()
    await this.#silence()
    const times = { p50: this.#times.percentile(0.5), p99: this.#times.percentile(0.99) }
    return { ...counted, ...times, faults: difference(this.#faults(), before), load }
  }

  end(): void {
    for (const { members } of this.#rooms) for (const member of members) member.end()
  }

  async #open(
    room: string,
    ledger: Ledger,
    members: Member[],
    index: number,
    personIndex: number,
  ): Promise<void> {
    const { dialect, feature, people, ports } = this.#job
    const person = people[personIndex]
    const port = ports[personIndex % ports.length]
    if (!person || port === undefined) throw new Error(`there is no person ${personIndex}`)
    const place = feature === 'chat' ? `chat/${room}` : 'calculator'
    const member = new Member({
      port,
      path:
        dialect === 'plain'
          ? `/ws/${place}?as=${person.name}`
          : `/socket.io/?EIO=4&transport=websocket&place=${place}&as=${person.name}`,
      cookie: person.cookie,
      speech: this.#speech,
      record: ledger.join(),
      talker: index,
      heard: (hearer, { talker, due }, at) => {
        this.#deliveries += 1
        this.#times.add(at - (due || hearer.saidAt))
        if (this.#conversing && hearer.talker === talker) hearer.say(ledger.say(talker), now())
      },
      failed: (what) => this.#failed(what),
      closed: (why) => {
        this.#closed += 1
        if (this.#closed <= PRINTED) console.error(`a socket was closed: ${why}`)
      },
    })
    members[index] = member
    await member.welcomed
  }

  /** Closed loop: each says the next when their own copy is back. @returns what ends it */
  #converse(talkers: number): () => void {
    this.#conversing = true
    for (const { ledger, members } of this.#rooms) {
      for (const member of members.slice(0, talkers)) member.say(ledger.say(member.talker), now())
    }
    return () => {
      this.#conversing = false
    }
  }

  /** Open loop: they take turns, on time, whatever comes back. @returns what ends it */
  #recite(talkers: number, rate: number): () => void {
    const began = now()
    let said = 0
    let timer: NodeJS.Timeout
    const say = () => {
      for (let due = began + (said * 10_000) / rate; due <= now(); due = began + (said * 10_000) / rate) {
        const { ledger, members } = this.#rooms[said % this.#rooms.length] ?? {}
        const member = members?.[Math.floor(said / this.#rooms.length) % talkers]
        if (ledger && member) member.say(ledger.say(member.talker), Math.floor(due))
        said += 1
      }
      timer = setTimeout(say, (began + (said * 10_000) / rate - now()) / 10)
    }
    say()
    return () => clearTimeout(timer)
  }

  /** Resolves when the first message is heard: a server that is still warming up has begun then. */
  async #begun(): Promise<void> {
    const [before, began] = [this.#deliveries, performance.now()]
    while (this.#deliveries === before && performance.now() - began < PATIENCE) await delay(5)
  }

  /** Resolves when everyone has heard everything, or nothing more comes. */
  async #silence(): Promise<void> {
    const began = performance.now()
    let deliveries = this.#deliveries
    let quiet = began
    for (;;) {
      await delay(20)
      const time = performance.now()
      if (this.#deliveries !== deliveries) quiet = time
      deliveries = this.#deliveries
      if (this.#faults().missing === 0 || time - quiet > SILENCE || time - began > PATIENCE) break
    }
  }

  #said(): number {
    let sum = 0
    for (const { ledger } of this.#rooms) for (const count of ledger.said) sum += count
    return sum
  }

  #faults(): Faults {
    const ledgers = this.#rooms.map((room) => room.ledger)
    const records = ledgers.flatMap((ledger) => ledger.records)
    return {
      missing: ledgers.reduce((sum, ledger) => sum + ledger.missing, 0),
      doubled: records.reduce((sum, record) => sum + record.doubled, 0),
      disordered: records.reduce((sum, record) => sum + record.disordered, 0),
      otherOrder: records.filter((record) => record.otherOrder).length,
      errors: this.#errors,
      closed: this.#closed,
    }
  }

  #failed(what: string): void {
    this.#errors += 1
    if (this.#errors <= PRINTED) console.error(what.slice(0, 200))
  }
}

function difference(after: Faults, before: Faults): Faults {
  return {
    missing: after.missing,
    doubled: after.doubled - before.doubled,
    disordered: after.disordered - before.disordered,
    otherOrder: after.otherOrder,
    errors: after.errors - before.errors,
    closed: after.closed - before.closed,
  }
}
