import type { MessageFrame } from '../../chat/protocol.ts'

/** The texts of this person's messages as they typed them, where a frame told: a page comes with their HTML alone. */
export class OwnTexts {
  readonly #user: string
  readonly #texts = new WeakMap<HTMLElement, string>()

  constructor(user: string) {
    this.#user = user
  }

  of(message: HTMLElement): string | undefined {
    return this.#texts.get(message)
  }

  learn(element: HTMLElement, { deleted, message, sender }: MessageFrame): void {
    if (deleted) this.#texts.delete(element)
    else if (sender === this.#user) this.#texts.set(element, message)
  }
}
