import renderPerson from '#views/web/person.eta'
import { avatarOf, type PersonView, personName } from '../../web/presentation.ts'
import { byId } from './dom.ts'
import { elementOf, patchChildren } from './html.ts'

/** How long somebody is said to type without a word that they still do, in milliseconds. */
const TYPING = 5_000
const NAMES = 3

/** Who is here, and who is typing. */
export class Roster {
  readonly #user: string
  readonly #list = byId('here-list', HTMLElement)
  readonly #count = byId('here-count', HTMLElement)
  /** Where people talk; a sheet has no such line. */
  readonly #typing = document.getElementById('typing')
  readonly #here = new Set<string>()
  readonly #typers = new Map<string, ReturnType<typeof setTimeout>>()
  /** What people are called, by username, where that is not the username. */
  readonly #names = new Map<string, string>()
  /** People who are here beyond those whose names were given. */
  #more = 0

  constructor(user: string) {
    this.#user = user
  }

  start(names: readonly string[], count: number): void {
    this.#here.clear()
    for (const name of names) this.#here.add(name)
    this.#more = Math.max(0, count - names.length)
    this.#show()
  }

  /** Takes over what people are called. */
  learn(names: Readonly<Record<string, unknown>>): void {
    for (const [username, name] of Object.entries(names))
      if (typeof name === 'string') this.#names.set(username, name)
  }

  /** Takes over what somebody is called who said something. @param name undefined: their username */
  learnName(username: string, name: string | undefined): void {
    if (this.#names.get(username) === name) return
    if (name === undefined) this.#names.delete(username)
    else this.#names.set(username, name)
    if (this.#here.has(username)) this.#show()
  }

  change(joined: readonly string[], left: readonly string[]): void {
    for (const name of joined) this.#here.add(name)
    for (const name of left) {
      this.setTyping(name, false)
      if (!this.#here.delete(name)) this.#more = Math.max(0, this.#more - 1)
    }
    this.#show()
  }

  setTyping(name: string, on: boolean): void {
    if (!on && !this.#typers.has(name)) return
    clearTimeout(this.#typers.get(name))
    if (on)
      this.#typers.set(
        name,
        setTimeout(() => this.setTyping(name, false), TYPING),
      )
    else this.#typers.delete(name)
    if (this.#typing)
      this.#typing.textContent = typingText(
        [...this.#typers.keys()].map((username) => this.#names.get(username) ?? username),
      )
  }

  #show(): void {
    const count = this.#here.size + this.#more
    this.#count.textContent = count === 1 ? 'Only you' : `${count} here`
    const people = [...this.#here]
      .map((username) => this.#viewOf(username))
      .sort((one, other) => one.name.shown.localeCompare(other.name.shown))
    if (this.#more > 0) {
      const name = { shown: `and ${this.#more} more`, username: undefined }
      people.push({ avatar: { initial: '+', tint: 0, own: false }, name, own: false })
    }
    patchChildren(
      this.#list,
      people.map((person) => elementOf(renderPerson(person))),
    )
  }

  #viewOf(username: string): PersonView {
    const own = username === this.#user
    const name = this.#names.get(username)
    return { avatar: avatarOf(username, own, name), name: personName(username, name), own }
  }
}

function typingText(names: readonly string[]): string {
  if (names.length === 0) return ''
  if (names.length === 1) return `${names[0]} is typing…`
  if (names.length > NAMES) return 'Several people are typing…'
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are typing…`
}
