import type { ConnectJob } from './job.ts'

/** Characters of a message. */
const MESSAGE_LENGTH = 128

const TALKER_DIGITS = 3
const SEQUENCE_DIGITS = 7
const DUE_DIGITS = 10

const EXPRESSION = '12*7'
/** Matches the value in any server's JSON answer. */
export const RESULT = /"result":\s?84\b/

const FILLING = ' is said here, and everyone hears it. '

/** Which message a frame carries. */
export interface Heard {
  talker: number
  sequence: number
  /** When it was due, in tenths of a millisecond on the generator's clock; 0 where the frame does not say. */
  due: number
}

/**
 * Makes the messages that members send, and finds them again in what members receive. A message is 128 characters: `~`, then in
 * digits the talker, the number of their message and when it was due, then filling. An expression carries the first two in its id.
 */
export class Speech {
  readonly #say: (message: string, id: string) => string
  readonly #marker: Buffer
  /** Whether a message says when it was due. */
  readonly stamped: boolean
  /** The position of the marker in the previous frame: most frames of a server are alike. */
  #offset = 0

  constructor({ dialect, feature }: Pick<ConnectJob, 'dialect' | 'feature'>) {
    const frame =
      feature === 'chat'
        ? (message: string, id: string) => ({ message, id })
        : (_message: string, id: string) => ({ expression: EXPRESSION, id: `c-${id}` })
    this.#say =
      dialect === 'plain'
        ? (message, id) => JSON.stringify(frame(message, id))
        : (message, id) => `42${JSON.stringify(['say', frame(message, id)])}`
    this.stamped = feature === 'chat'
    this.#marker = Buffer.from(feature === 'chat' ? '"~' : '"c-')
  }

  /** Makes a message to send. @param due in tenths of a millisecond */
  say(talker: number, sequence: number, due: number): string {
    const id = digits(talker, TALKER_DIGITS) + digits(sequence, SEQUENCE_DIGITS)
    const message = `~${id}${digits(due, DUE_DIGITS)}`
    return this.#say(this.stamped ? message.padEnd(MESSAGE_LENGTH, FILLING) : '', id)
  }

  /** Finds out what a frame carries, into `heard`. @returns false when it carries no message */
  find(bytes: Buffer, start: number, end: number, heard: Heard): boolean {
    let at = start + this.#offset
    if (!this.#marks(bytes, at)) {
      at = bytes.indexOf(this.#marker, start)
      if (at < 0 || at >= end) return false
      this.#offset = at - start
    }
    at += this.#marker.length
    const sequenceAt = at + TALKER_DIGITS
    const dueAt = sequenceAt + SEQUENCE_DIGITS
    if (dueAt > end) return false
    heard.talker = number(bytes, at, sequenceAt)
    heard.sequence = number(bytes, sequenceAt, dueAt)
    heard.due = this.stamped ? number(bytes, dueAt, dueAt + DUE_DIGITS) : 0
    // Of four thousand identifiers that Socket.IO makes up for its connections, one begins like ours of a message.
    return heard.talker >= 0 && heard.sequence >= 0
  }

  #marks(bytes: Buffer, at: number): boolean {
    for (let index = 0; index < this.#marker.length; index += 1) {
      if (bytes[at + index] !== this.#marker[index]) return false
    }
    return true
  }
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0')
}

/** @returns -1 where there are not only digits */
function number(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
