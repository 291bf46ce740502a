import { FrameError } from '../channels/index.ts'
import type { Action, FoundRoom } from '../rooms/index.ts'
import type { Person } from './commands.ts'
import { actionIn } from './presentation.ts'

/** Something that is written in the composer and is done instead of said. */
export interface TypedCommand {
  readonly room: Pick<FoundRoom, 'id' | 'slug' | 'name' | 'kind'>
  readonly by: Person
  /** Tells whether the person may do something in the room. */
  readonly may: (action: Action) => boolean
  /** The API key with which it was written; undefined: its person wrote it themselves. */
  readonly key: string | undefined
  /** All that was written. */
  readonly text: string
  /** Makes a retry safe: the same person and id is done once. */
  readonly id: string
  /** The zone of the person's clock, where their browser says it. */
  readonly zone: string | undefined
}

/** The outcome of a command. */
export interface CommandAnswer {
  /** A sentence about what was done, for the person alone. */
  readonly notice: string
  /** The page on which it can be seen; left out: that of the room. */
  readonly page?: string
}

/** Executes a command. @throws FrameError that says what the person can do */
export type RunCommand = (command: TypedCommand) => CommandAnswer | Promise<CommandAnswer>

/** A text is a command where a word of letters alone stands behind its slash: not `/etc/hosts`, and not `// a comment`. */
const COMMAND = /^\/([a-z]{1,20})(?=\s|$)/i

/** Commands of at least so many letters are also known by a mistyped name: `/remnid`. */
const GUESSED = 4

/**
 * The commands that can be written in a room, such as `/remind`. Features add theirs. A text that looks like a misspelt command
 * is refused, because everyone would see a text that was not meant for them; any other text with a slash is posted.
 */
export class TextCommands {
  readonly #commands = new Map<string, RunCommand>()

  /** @param name without the slash */
  add(name: string, run: RunCommand): void {
    this.#commands.set(name, run)
  }

  /** Returns what runs instead of saying a text; undefined: the text is to be said. */
  find(text: string): RunCommand | undefined {
    // `/me waves` is said.
    if (!text.startsWith('/') || actionIn(text) !== undefined) return undefined
    const name = COMMAND.exec(text)?.[1]?.toLowerCase()
    if (name === undefined) return undefined
    const meant = [...this.#commands.keys()].find((known) => known.length >= GUESSED && isNear(name, known))
    return this.#commands.get(name) ?? (meant === undefined ? undefined : mistyped(name, meant))
  }
}

function mistyped(name: string, meant: string): RunCommand {
  return () => {
    throw new FrameError(
      'invalid',
      `there is no command /${name}. Did you mean /${meant}? To send it as text, write \\/${name}`,
    )
  }
}

/** Tells whether a name becomes another one by one letter more, less or other, or by two that change places. */
function isNear(name: string, known: string): boolean {
  let start = 0
  while (start < name.length && name[start] === known[start]) start += 1
  const rest = name.slice(start)
  const wanted = known.slice(start)
  const swapped = `${wanted[1] ?? ''}${wanted[0] ?? ''}${wanted.slice(2)}`
  return (
    rest.slice(1) === wanted.slice(1) ||
    rest.slice(1) === wanted ||
    rest === wanted.slice(1) ||
    rest === swapped
  )
}
