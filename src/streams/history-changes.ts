type Listener = () => void

/**
 * Tells those who keep something of the store in memory that it holds another history than before: what they read of the lost
 * one must not be shown or built on. Whichever feed of this process notices it tells them all.
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
