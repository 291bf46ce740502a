/** Messages that one talker may say. */
export const MAXIMUM_SEQUENCE = 9_999_999

/** Combines the sender and the number of their message into one key, whose order means nothing. */
function keyOf(talker: number, sequence: number): number {
  return talker * (MAXIMUM_SEQUENCE + 1) + sequence
}

/** The messages that the members of one room have received. Counts those that are missing, repeated or out of order. */
export class Ledger {
  /** The number of messages that each talker has sent. */
  readonly said: number[]
  readonly records: MemberRecord[] = []
  /** The messages in the order in which they were seen first at each place. */
  readonly order: number[] = []

  constructor(talkers: number) {
    this.said = new Array<number>(talkers).fill(0)
  }

  /** @returns the number of the message that is said now: 1 is a talker's first */
  say(talker: number): number {
    const sequence = (this.said[talker] ?? 0) + 1
    this.said[talker] = sequence
    return sequence
  }

  join(): MemberRecord {
    const record = new MemberRecord(this)
    this.records.push(record)
    return record
  }

  get missing(): number {
    const said = this.said.reduce((sum, count) => sum + count, 0)
    return this.records.reduce((sum, record) => sum + said - record.distinct, 0)
  }
}

/** The messages that one member of a room has received. */
export class MemberRecord {
  doubled = 0
  disordered = 0
  /** Whether this member saw the room's messages in another order than others. */
  otherOrder = false
  /** Different messages that came. */
  distinct = 0
  readonly #ledger: Ledger
  /** The latest of each talker. */
  readonly #latest: number[]
  /** Those before the latest that have not come. */
  readonly #gaps = new Set<number>()
  #place = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.#latest = new Array<number>(ledger.said.length).fill(0)
  }

  /** @throws RangeError for a message that nobody said */
  hear(talker: number, sequence: number): void {
    const latest = this.#latest[talker]
    if (latest === undefined || sequence > (this.#ledger.said[talker] ?? 0))
      throw new RangeError(`a message that nobody said: ${sequence} of talker ${talker}`)
    if (sequence === latest + 1) this.#latest[talker] = sequence
    else if (sequence > latest) this.#skip(talker, latest, sequence)
    else return this.#late(talker, sequence)
    this.distinct += 1
    this.#compare(keyOf(talker, sequence))
  }

  #compare(key: number): void {
    const { order } = this.#ledger
    if (this.#place === order.length) order.push(key)
    else if (order[this.#place] !== key) this.otherOrder = true
    this.#place += 1
  }

  #skip(talker: number, latest: number, sequence: number): void {
    for (let missing = latest + 1; missing < sequence; missing += 1) this.#gaps.add(keyOf(talker, missing))
    this.#latest[talker] = sequence
  }

  #late(talker: number, sequence: number): void {
    const key = keyOf(talker, sequence)
    if (!this.#gaps.delete(key)) {
      this.doubled += 1
      return
    }
    this.disordered += 1
    this.distinct += 1
    this.#compare(key)
  }
}
