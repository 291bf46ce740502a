/** A list of events in order, which tests can wait for. */
export class Notes {
  readonly list: string[] = []
  #wake = () => {}

  add(note: string): void {
    this.list.push(note)
    this.#wake()
  }

  /** Resolves when `note` is there so many times. @throws if it does not come */
  async has(note: string, times = 1): Promise<void> {
    while (this.list.filter((other) => other === note).length < times) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${note} did not come after ${this.list}`)), 20_000)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

/** Something that a test lets happen when it wants. */
export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

/** Resolves when all that can happen without waiting for a clock or a line has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
