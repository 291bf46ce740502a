import { BLOCKED_CHANGED } from './blocked-changes.ts'

/** The people whom the reader has blocked, as far as the page knows: what they say is folded, and what they are typing not shown. */
export class BlockedPeople {
  #names: ReadonlySet<string>

  /** @param names usernames, with spaces between */
  constructor(names: string) {
    this.#names = new Set(names.split(' ').filter((name) => name !== ''))
  }

  /** @param username of somebody */
  has(username: string): boolean {
    return this.#names.has(username)
  }

  /** Calls back when the reader has blocked or unblocked somebody, here or on another device. */
  onChange(listener: () => void): void {
    // A sheet beside a room has no connection for this of its own: the page of the room hears of it.
    parent.document.addEventListener(BLOCKED_CHANGED, (event) => {
      const names: unknown = 'detail' in event ? event.detail : undefined
      if (!Array.isArray(names)) return
      const blocked = new Set(names.filter((name) => typeof name === 'string'))
      if (blocked.size === this.#names.size && [...blocked].every((name) => this.#names.has(name))) return
      this.#names = blocked
      listener()
    })
  }
}
