type Listener = () => void

/**
 * Tells everything that caches parts of the database when the database holds another history than before: data that was read
 * from the lost one must not be shown or built on. Any feed of this process that notices it tells all of them.
 */
export class HistoryChanges {
  readonly #listeners: Listener[] = []

  listen(listener: Listener): void {
    this.#listeners.push(listener)
  }

  tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
