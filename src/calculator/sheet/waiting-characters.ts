/** Characters of edits that wait, in all of this process. */
const MOST = 8 * 1024 * 1024

/** Those of one person: as many as come in the frames that anybody may send at once. */
const OF_ONE = 2 * 1024 * 1024

/** Bounds the characters of edits that wait, so that nobody fills the room of others. */
export class WaitingCharacters {
  readonly #byPerson = new Map<number, number>()
  #all = 0

  /** @returns false, and counts nothing, where there is no room for them */
  add(person: number, characters: number): boolean {
    const theirs = (this.#byPerson.get(person) ?? 0) + characters
    if (theirs > OF_ONE || this.#all + characters > MOST) return false
    this.#byPerson.set(person, theirs)
    this.#all += characters
    return true
  }

  delete(person: number, characters: number): void {
    const left = (this.#byPerson.get(person) ?? 0) - characters
    this.#all -= characters
    if (left > 0) this.#byPerson.set(person, left)
    else this.#byPerson.delete(person)
  }
}
