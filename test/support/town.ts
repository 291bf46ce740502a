import { newRoom } from './chat.ts'
import type { ServerProcess } from './process.ts'
import { type Frame, TestSocket } from './socket.ts'
import { Visitor } from './visitor.ts'

/** Where the people are: a server that comes and goes. */
export class Town {
  over = false
  #server: ServerProcess | undefined
  #up = Promise.withResolvers<string>()
  #heard = 0
  #awaited: { readonly at: number; readonly resolve: () => void } | undefined

  get address(): string {
    return this.#server?.address ?? ''
  }

  /** Where the server is, when there is one. */
  up(): Promise<string> {
    return this.#up.promise
  }

  open(server: ServerProcess): void {
    this.#server = server
    this.#up.resolve(server.address)
  }

  async killed(): Promise<void> {
    this.#up = Promise.withResolvers()
    await this.#server?.kill()
  }

  /** People who have signed up, half of them in each of two rooms. */
  async settle(people: number): Promise<Talker[]> {
    const visitors = await Promise.all(
      Array.from({ length: people }, async (_, index) => {
        const visitor = new Visitor(this.address)
        await visitor.signUp(`talker-${index}`)
        return visitor
      }),
    )
    const [first] = visitors
    if (!first) return []
    const rooms = ['lobby', await newRoom(first, 'other')]
    return visitors.map(
      (visitor, index) => new Talker(this, visitor, `talker-${index}`, rooms[index % 2] ?? 'lobby'),
    )
  }

  /** Resolves when `count` more messages were acknowledged. */
  acknowledged(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { at: this.#heard + count, resolve }
    })
  }

  acknowledge(): void {
    this.#heard += 1
    if (this.#awaited && this.#heard >= this.#awaited.at) this.#awaited.resolve()
  }
}

/** Somebody who says one thing after another, each until it is acknowledged, whatever happens to the server. */
export class Talker {
  readonly visitor: Visitor
  readonly name: string
  readonly room: string
  /** What was said in the room, as this client holds it. */
  readonly log: Frame[] = []
  /** The ids of this talker's own messages, in the order in which they were said. */
  readonly acknowledged: string[] = []
  /** What came where something else was due. */
  readonly disorder: string[] = []
  repeats = 0
  resets = 0
  readonly #town: Town
  #socket: TestSocket | undefined

  constructor(town: Town, visitor: Visitor, name: string, room: string) {
    this.#town = town
    this.visitor = visitor
    this.name = name
    this.room = room
  }

  get rev(): number {
    return Number(this.log.at(-1)?.rev ?? 0)
  }

  get #saying(): string {
    return `n${this.acknowledged.length + 1}`
  }

  /** Talks until the town says that it is over, and what was being said is acknowledged. */
  async talk(): Promise<void> {
    for (;;) {
      const socket = await this.#connect()
      this.#socket = socket
      try {
        return await this.#converse(socket)
      } catch (error) {
        // The server was killed: what came before it is heard, and the rest is said again.
        const { code } = await socket.closed()
        if (code !== 1006) throw error
      }
    }
  }

  /** Listens on until the log reaches `rev`. */
  async hear(rev: number): Promise<void> {
    while (this.#socket && this.rev < rev) await this.#listen(this.#socket)
  }

  async #connect(): Promise<TestSocket> {
    const address = await this.#town.up()
    const path = `/ws/chat/${this.room}?since=${this.rev}`
    return new TestSocket(address.replace('http', 'ws') + path, { cookie: this.visitor.cookie })
  }

  async #converse(socket: TestSocket): Promise<void> {
    await socket.next('welcome')
    for (;;) {
      const id = this.#saying
      socket.send({ message: `${this.name} says ${id}`, id })
      while (this.#saying === id) await this.#listen(socket)
      if (this.#town.over) return
    }
  }

  async #listen(socket: TestSocket): Promise<void> {
    const frame = await socket.next()
    if (frame.type === 'reset') {
      this.resets += 1
      const missed = await history(this.#town.address, this.visitor, this.room, this.rev)
      this.log.push(...missed.filter(({ rev }) => Number(rev) <= Number(frame.rev)))
    } else if (frame.type === 'message') {
      if (frame.repeat) this.repeats += 1
      else if (frame.rev === this.rev + 1) this.log.push(frame)
      else this.disorder.push(`${this.name}: rev ${frame.rev} after ${this.rev}`)
      if (frame.sender === this.name && frame.id === this.#saying) {
        this.acknowledged.push(this.#saying)
        this.#town.acknowledge()
      }
    } else if (frame.type !== 'presence') throw new Error(`unexpected: ${JSON.stringify(frame)}`)
  }
}

/** All messages of a room after a `seq`. */
export async function history(address: string, visitor: Visitor, room: string, after = 0): Promise<Frame[]> {
  const found: Frame[] = []
  for (let more = true; more; ) {
    const last = found.at(-1)?.seq ?? after
    const response = await fetch(`${address}/api/rooms/${room}/messages?after=${last}&limit=200`, {
      headers: { cookie: visitor.cookie },
    })
    const page: { messages: Frame[]; more: boolean } = JSON.parse(await response.text())
    found.push(...page.messages)
    more = page.more
  }
  return found
}
