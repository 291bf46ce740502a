import type { Frame } from './socket.ts'
import { TestSocket } from './socket.ts'
import type { Town } from './town.ts'
import type { Visitor } from './visitor.ts'

/** A person who changes messages of a room one after another, and repeats each change until it is done, whatever happens to the server. */
export class Changer {
  readonly visitor: Visitor
  readonly room: string
  /** The messages of the room that this client has, by `seq`. */
  readonly messages = new Map<number, Frame>()
  /** Frames that came instead of the expected ones. */
  readonly disorder: string[] = []
  /** The number of changes made. */
  done = 0
  #rev = 0
  #socket: TestSocket | undefined
  readonly #town: Town
  readonly #roll: () => number

  constructor(town: Town, visitor: Visitor, room: string, roll: () => number) {
    this.#town = town
    this.visitor = visitor
    this.room = room
    this.#roll = roll
  }

  /** Changes messages until the town says that it is over and the last change is done. */
  async change(own: readonly number[], others: readonly number[]): Promise<void> {
    let command = this.#next(own, others)
    for (;;) {
      const address = await this.#town.up()
      const path = `/ws/chat/${this.room}?since=${this.#rev}`
      const socket = new TestSocket(address, path, { cookie: this.visitor.cookie })
      this.#socket = socket
      try {
        await socket.next('welcome')
        for (;;) {
          socket.send(command)
          while (!(await this.#listen(socket, String(command.id))));
          this.done += 1
          this.#town.acknowledge()
          if (this.#town.over) return
          command = this.#next(own, others)
        }
      } catch (error) {
        const closed = await socket.closed().catch(() => Promise.reject(error))
        await this.#town.comeBack(closed, 0)
      }
    }
  }

  /** Receives frames until it has all changes up to `rev`. */
  async hear(rev: number): Promise<void> {
    while (this.#socket && this.#rev < rev) await this.#listen(this.#socket, '')
  }

  /** @returns whether the command with this id is done, or was refused for good */
  async #listen(socket: TestSocket, id: string): Promise<boolean> {
    const frame = await socket.next()
    if (frame.type === 'message') this.#hold(frame)
    if (frame.type === 'error' && frame.code !== 'not_found') throw new Error(JSON.stringify(frame))
    return (frame.type === 'done' || frame.type === 'error') && frame.id === id
  }

  #hold(frame: Frame): void {
    if (Number(frame.rev) <= this.#rev) this.disorder.push(`rev ${frame.rev} after ${this.#rev}`)
    this.#rev = Number(frame.rev)
    this.messages.set(Number(frame.seq), frame)
  }

  #next(own: readonly number[], others: readonly number[]): Frame {
    const pick = (seqs: readonly number[]) => seqs[Math.floor(this.#roll() * seqs.length)] ?? 0
    const roll = this.#roll()
    const id = `c${this.done + 1}`
    if (roll < 0.5) return { type: 'edit', seq: pick(own), message: `changed ${id}`, id }
    if (roll < 0.97) {
      const emoji = this.#roll() < 0.5 ? '👍' : '🎉'
      return { type: 'react', seq: pick(others), emoji, on: this.#roll() < 0.6, id }
    }
    return { type: 'delete', seq: pick(own), id }
  }
}
