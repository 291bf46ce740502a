import type { FoundRoom } from '../rooms/index.ts'
import type { Person } from './commands.ts'

/** Something that is written in the composer and is done instead of said. */
export interface TypedCommand {
  readonly room: Pick<FoundRoom, 'id' | 'slug' | 'name'>
  readonly by: Person
  /** The API key with which it was written; undefined: its person wrote it themselves. */
  readonly key: string | undefined
  /** All that was written. */
  readonly text: string
  /** Makes a retry safe: the same person and id is done once. */
  readonly id: string
  /** The zone of the person's clock, where their browser says it. */
  readonly zone: string | undefined
}

/** Does it. @returns what was done, in words @throws FrameError that says what the person can do */
export type RunCommand = (command: TypedCommand) => Promise<string>

/** The commands that can be written in a room: `/remind`. Features add theirs. */
export class TextCommands {
  readonly #commands = new Map<string, RunCommand>()

  /** @param name without the slash */
  add(name: string, run: RunCommand): void {
    this.#commands.set(`/${name}`, run)
  }

  /** Returns what runs instead of saying a text; undefined: the text is to be said. */
  find(text: string): RunCommand | undefined {
    if (!text.startsWith('/')) return undefined
    const name = /^\/[a-z]{1,20}(?=\s|$)/i.exec(text)?.[0]
    return name === undefined ? undefined : this.#commands.get(name.toLowerCase())
  }
}
