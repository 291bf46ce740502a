import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { now } from './clock.ts'
import type { MemberRecord } from './ledger.ts'
import { type Heard, RESULT, type Speech } from './speech.ts'
import { clientFrame, FrameReader, Opcode } from './wire.ts'

export interface MemberOptions {
  readonly port: number
  readonly path: string
  readonly cookie: string
  readonly speech: Speech
  readonly record: MemberRecord
  /** Their number among those who talk in the room. */
  readonly talker: number
  /** @param at when it came, in tenths of a millisecond */
  readonly heard: (member: Member, heard: Heard, at: number) => void
  readonly failed: (what: string) => void
  readonly closed: (why: string) => void
}

/** Bytes of one read. All sockets share the buffer: a read is taken to pieces before the next one is made. */
const shared = Buffer.alloc(256 * 1024)

const heard: Heard = { talker: 0, sequence: 0, due: 0 }

/** One WebSocket, written and read by hand on a plain one, so that the generator is not what limits. */
export class Member {
  readonly talker: number
  /** When this member last said something, in tenths of a millisecond. */
  saidAt = 0
  readonly #options: MemberOptions
  readonly #reader = new FrameReader((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end))
  readonly #welcome = Promise.withResolvers<void>()
  readonly #socket: Socket
  #readAt = 0
  #answer = ''
  #upgraded = false
  #welcomed = false
  #ending = false
  /** The code and reason with which the server closed. */
  #farewell = '1006'

  constructor(options: MemberOptions) {
    this.#options = options
    this.talker = options.talker
    this.#socket = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: { buffer: shared, callback: (length) => this.#read(length) },
    })
    this.#socket.on('connect', () => this.#socket.write(this.#request()))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#closed())
  }

  /** Resolves when the server has said the first word. @throws when it refuses */
  get welcomed(): Promise<void> {
    return this.#welcome.promise
  }

  say(sequence: number, due: number): void {
    this.saidAt = due
    this.#socket.write(clientFrame(this.#options.speech.say(this.talker, sequence, due)))
  }

  end(): void {
    this.#ending = true
    this.#socket.resetAndDestroy()
  }

  #request(): string {
    const { path, cookie, port } = this.#options
    return [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(cookie ? [`Cookie: ${cookie}`] : []),
      '\r\n',
    ].join('\r\n')
  }

  #read(length: number): boolean {
    // Once for all that came together: asking for each would take an eighth of the generator's core.
    this.#readAt = now()
    if (this.#upgraded) this.#reader.read(shared, 0, length)
    else this.#upgrade(length)
    return true
  }

  #upgrade(length: number): void {
    const before = this.#answer.length
    this.#answer += shared.toString('latin1', 0, length)
    const end = this.#answer.indexOf('\r\n\r\n')
    if (end < 0) return
    if (!this.#answer.startsWith('HTTP/1.1 101')) {
      this.#welcome.reject(new Error(`the upgrade was refused: ${this.#answer.split('\r\n')[0]}`))
      return this.end()
    }
    this.#upgraded = true
    this.#answer = ''
    this.#reader.read(shared, end + 4 - before, length)
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === Opcode.ping)
      this.#socket.write(clientFrame(bytes.toString('latin1', start, end), Opcode.pong))
    if (opcode === Opcode.close && end - start >= 2)
      this.#farewell = `${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`
    if (opcode !== Opcode.text) return
    const { speech, record } = this.#options
    if (!speech.find(bytes, start, end, heard)) return this.#other(bytes.toString('utf8', start, end))
    try {
      record.hear(heard.talker, heard.sequence)
    } catch (error) {
      this.#options.failed(String(error))
    }
    if (!speech.stamped && !RESULT.test(bytes.toString('latin1', start, end))) {
      this.#options.failed(bytes.toString('utf8', start, end))
    }
    this.#options.heard(this, heard, this.#readAt)
  }

  /** Frames that are not messages: the welcome, arrivals and departures, errors; and engine.io's open, ping and connect. */
  #other(text: string): void {
    if (text === '2') this.#socket.write(clientFrame('3'))
    else if (text.startsWith('0{')) this.#socket.write(clientFrame('40'))
    else if (!this.#welcomed && text.includes('welcome')) {
      this.#welcomed = true
      this.#welcome.resolve()
    } else if (text.includes('"error"')) this.#options.failed(text)
  }

  #closed(): void {
    this.#welcome.reject(new Error(`closed before the welcome: ${this.#farewell}`))
    if (!this.#ending && this.#welcomed) this.#options.closed(this.#farewell)
  }
}
