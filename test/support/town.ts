import { newRoom } from './chat.ts'
import type { ServerProcess } from './process.ts'
import { type Closed, type Frame, TestSocket } from './socket.ts'
import { Visitor } from './visitor.ts'

/** People who sign up at a time, since hashing keeps a processor busy and there may be only two. */
const SIGN_UPS = 6

/** A town of people with connections to a server, wherever it runs. */
export abstract class Town {
  /** True once nobody sends anything more after the answer to their last message. */
  over = false
  #heard = 0
  #awaited: { readonly at: number; readonly resolve: () => void } | undefined

  /** The address of the server, once there is one. */
  abstract up(): Promise<string>

  /**
   * Resolves when it is time for somebody whose connection ended to come back.
   * @param tries how many before it, since the last welcome, were in vain
   * @throws when no connection should have ended so
   */
  abstract comeBack(closed: Closed, tries: number): Promise<void>

  /** Resolves when somebody posts the next message, or the same one again. */
  async pause(): Promise<void> {}

  /** Whether somebody hangs up now, to come back at once. */
  moves(): boolean {
    return false
  }

  async history(visitor: Visitor, room: string, after: number): Promise<Frame[]> {
    return history(await this.up(), visitor, room, after)
  }

  /** Signs people up and spreads them evenly over the lobby and the wanted number of other rooms. */
  async settle(people: number, rooms: number): Promise<Talker[]> {
    const address = await this.up()
    const visitors: Visitor[] = []
    while (visitors.length < people) {
      const some = Array.from({ length: Math.min(SIGN_UPS, people - visitors.length) }, async (_, index) => {
        const visitor = new Visitor(address)
        const { status, text } = await visitor.signUp(`talker-${visitors.length + index}`)
        if (status !== 303) throw new Error(`nobody could sign up: ${status} ${text}`)
        return visitor
      })
      visitors.push(...(await Promise.all(some)))
    }
    const [first] = visitors
    if (!first) return []
    const slugs = ['lobby']
    while (slugs.length < rooms) slugs.push(await newRoom(first, `room ${slugs.length + 1}`))
    return visitors.map(
      (visitor, index) => new Talker(this, visitor, `talker-${index}`, slugs[index % rooms] ?? 'lobby'),
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

/** A town with one server, which is killed and started again. People who lose it wait for the next. */
export class SmallTown extends Town {
  #server: ServerProcess | undefined
  #up = Promise.withResolvers<string>()

  override up(): Promise<string> {
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

  override async comeBack({ code }: Closed): Promise<void> {
    if (code !== 1006) throw new Error(`a connection ended with ${code}`)
  }
}

/** A person who posts one message after another, and repeats each until it is acknowledged, whatever happens to the server. */
export class Talker {
  readonly visitor: Visitor
  readonly name: string
  readonly room: string
  /** The messages of the room, as this client has them. */
  readonly log: Frame[] = []
  /** The ids of this talker's own messages, in the order in which they were said. */
  readonly acknowledged: string[] = []
  /** Frames that came instead of the expected ones. */
  readonly disorder: string[] = []
  repeats = 0
  resets = 0
  /** The number of times that the server said it could not store something. */
  refusals = 0
  readonly #town: Town
  #socket: TestSocket | undefined
  #tries = 0

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

  /** Posts until the town says that it is over and the last message is acknowledged. */
  async talk(): Promise<void> {
    for (;;) {
      const socket = await this.#connect()
      this.#socket = socket
      try {
        if ((await this.#converse(socket)) === 'over') return
        socket.close()
        await socket.closed()
      } catch (error) {
        // Messages acknowledged before the end count, and the rest is sent again.
        const closed = await socket.closed().catch(() => Promise.reject(error))
        await this.#town.comeBack(closed, this.#tries)
        this.#tries += 1
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
    return new TestSocket(address, path, { cookie: this.visitor.cookie })
  }

  async #converse(socket: TestSocket): Promise<'over' | 'moving'> {
    await socket.next('welcome')
    this.#tries = 0
    for (;;) {
      const id = this.#saying
      const say = () => socket.send({ message: `${this.name} says ${id}`, id })
      say()
      while (this.#saying === id) {
        if ((await this.#listen(socket)) !== 'refused') continue
        await this.#town.pause()
        say()
      }
      if (this.#town.over) return 'over'
      if (this.#town.moves()) return 'moving'
      await this.#town.pause()
    }
  }

  async #listen(socket: TestSocket): Promise<'heard' | 'refused'> {
    const frame = await socket.next()
    if (frame.type === 'reset') {
      this.resets += 1
      const missed = await this.#town.history(this.visitor, this.room, this.rev)
      this.log.push(...missed.filter(({ rev }) => Number(rev) <= Number(frame.rev)))
    } else if (frame.type === 'message') this.#hear(frame)
    else if (frame.type === 'error' && frame.code === 'internal' && frame.id === this.#saying) {
      this.refusals += 1
      return 'refused'
    } else if (frame.type !== 'presence') throw new Error(`unexpected: ${JSON.stringify(frame)}`)
    return 'heard'
  }

  #hear(frame: Frame): void {
    if (frame.repeat) this.repeats += 1
    else if (frame.rev === this.rev + 1) this.log.push(frame)
    else this.disorder.push(`${this.name}: rev ${frame.rev} after ${this.rev}`)
    if (frame.sender !== this.name || frame.id !== this.#saying) return
    this.acknowledged.push(this.#saying)
    this.#town.acknowledge()
  }
}

/** All messages of a room after a `seq`. @throws when the server cannot say */
export async function history(address: string, visitor: Visitor, room: string, after = 0): Promise<Frame[]> {
  const found: Frame[] = []
  for (let more = true; more; ) {
    const last = found.at(-1)?.seq ?? after
    const response = await fetch(`${address}/api/rooms/${room}/messages?after=${last}&limit=200`, {
      headers: { cookie: visitor.cookie },
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the history of ${room} is not to be had: ${response.status} ${text}`)
    const page: { messages: Frame[]; more: boolean } = JSON.parse(text)
    found.push(...page.messages)
    more = page.more
  }
  return found
}
