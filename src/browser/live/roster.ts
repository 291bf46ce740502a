import renderPerson from '#views/web/person.eta'
import {
  avatarOf,
  type PersonView,
  personAddress,
  personName,
  spokenName,
  statusView,
} from '../../web/presentation.ts'
import { isObject, type ServerObject } from '../client/index.ts'
import { byId } from './dom.ts'
import { names as usernames } from './frames.ts'
import { elementOf, patchChildren } from './html.ts'

/** Milliseconds after which somebody is no longer shown as typing, unless they still are. */
const TYPING = 5_000
const NAMES = 3

/** Shows who is here, and who is typing. */
export class Roster {
  readonly #user: string
  readonly #list = byId('here-list', HTMLElement)
  readonly #count = byId('here-count', HTMLElement)
  /** The line that shows who is typing; a sheet has none. */
  readonly #typing = document.getElementById('typing')
  readonly #here = new Set<string>()
  readonly #typers = new Map<string, ReturnType<typeof setTimeout>>()
  /** Display names, by username, where they differ from it. */
  readonly #names = new Map<string, string>()
  /** The versions of their pictures. */
  readonly #pictures = new Map<string, string>()
  readonly #statuses = new Map<string, string>()
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

  /** Takes over what a frame tells of people: `names`, `pictures` and `statuses`. */
  learn({ joined, names, online, pictures, statuses }: ServerObject): void {
    takeOver(this.#names, names)
    takeOver(this.#pictures, pictures)
    // Of whom nothing is told, the status may have ended while the page was not connected.
    for (const username of [...usernames(online), ...usernames(joined)]) this.#statuses.delete(username)
    takeOver(this.#statuses, statuses)
  }

  /** Takes over how somebody who is here is shown from now on: a `person` frame. */
  learnAnew({ sender, sender_name: name, sender_picture: picture, status }: ServerObject): void {
    const username = String(sender)
    setOrDelete(this.#names, username, typeof name === 'string' ? name : undefined)
    setOrDelete(this.#pictures, username, typeof picture === 'string' ? picture : undefined)
    setOrDelete(this.#statuses, username, typeof status === 'string' ? status : undefined)
    this.#show()
  }

  /**
   * Takes over how somebody is shown who said something.
   * @param name what they are called; undefined: their username
   * @param picture its version; undefined: they have none
   */
  learnPerson(username: string, name: string | undefined, picture: string | undefined): void {
    if (this.#names.get(username) === name && this.#pictures.get(username) === picture) return
    setOrDelete(this.#names, username, name)
    setOrDelete(this.#pictures, username, picture)
    if (this.#here.has(username)) this.#show()
  }

  /** Returns the status of somebody who is here; undefined: they have none, or the page was not told. */
  statusOf(username: string): string | undefined {
    return this.#here.has(username) ? this.#statuses.get(username) : undefined
  }

  /** Returns what somebody is called, as far as the page was told; undefined: their username, or it was not. */
  nameOf(username: string): string | undefined {
    return this.#names.get(username)
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
    const names = [...this.#typers.keys()].map((username) => spokenName(username, this.#names.get(username)))
    this.#typing?.replaceChildren(...(names.length > 0 ? [typingNote(names)] : []))
  }

  /** Shows certain people as no longer typing. */
  endTyping(isMeant: (username: string) => boolean): void {
    for (const username of [...this.#typers.keys()]) if (isMeant(username)) this.setTyping(username, false)
  }

  #show(): void {
    const count = this.#here.size + this.#more
    this.#count.textContent = count === 1 ? 'Only you' : `${count} here`
    const people = [...this.#here]
      .map((username) => this.#viewOf(username))
      .sort((one, other) => one.name.shown.localeCompare(other.name.shown))
    if (this.#more > 0) {
      const name = { shown: `and ${this.#more} more`, username: undefined }
      const avatar = { initial: '+', tint: 0, picture: undefined, own: false }
      people.push({ avatar, name, address: undefined, status: undefined, own: false })
    }
    patchChildren(
      this.#list,
      people.map((person) => elementOf(renderPerson(person))),
    )
  }

  #viewOf(username: string): PersonView {
    const own = username === this.#user
    const name = this.#names.get(username)
    const picture = this.#pictures.get(username)
    return {
      avatar: avatarOf(username, own, name, picture),
      name: personName(username, name),
      address: personAddress(username),
      status: statusView(this.#statuses.get(username)),
      own,
    }
  }
}

function takeOver(map: Map<string, string>, told: unknown): void {
  if (!isObject(told)) return
  for (const [username, text] of Object.entries(told)) if (typeof text === 'string') map.set(username, text)
}

function setOrDelete(map: Map<string, string>, username: string, text: string | undefined): void {
  if (text === undefined) map.delete(username)
  else map.set(username, text)
}

/** Says that people are typing. Long names are cut off, so that the messages above do not move. */
function typingNote(names: readonly string[]): HTMLElement {
  const note = document.createElement('span')
  const who = document.createElement('span')
  const what = document.createElement('span')
  who.dir = 'auto'
  who.textContent = names.length > NAMES ? 'Several people' : listed(names)
  what.textContent = names.length === 1 ? ' is typing…' : ' are typing…'
  note.append(who, what)
  return note
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
