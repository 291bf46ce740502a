/** Limits how much each person has in progress in this process. */
export class ConcurrencyLimit {
  readonly #perPerson: number
  readonly #underWay = new Map<number, number>()
  #total = 0

  constructor(perPerson: number) {
    this.#perPerson = perPerson
  }

  /** The work under way for all people together. */
  get total(): number {
    return this.#total
  }

  /** @returns a function to call once, when it has ended; undefined if the person has too much under way already */
  begin(person: number): (() => void) | undefined {
    const before = this.#underWay.get(person) ?? 0
    if (before >= this.#perPerson) return undefined
    this.#underWay.set(person, before + 1)
    this.#total += 1
    return () => {
      const left = (this.#underWay.get(person) ?? 1) - 1
      if (left > 0) this.#underWay.set(person, left)
      else this.#underWay.delete(person)
      this.#total -= 1
    }
  }
}
