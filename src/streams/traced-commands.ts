import type { Span, Tracing } from '../channels/index.ts'

/**
 * The spans of commands and of the transactions that store them. Several commands share a transaction, whose span is part of the
 * first one's trace and linked with all of them, as each of them is with it.
 */
export class TracedCommands {
  readonly #tracing: Tracing
  readonly #kind: string

  constructor(tracing: Tracing, kind: string) {
    this.#tracing = tracing
    this.#kind = kind
  }

  /** Begins the span of a command, from now until it is stored; undefined where the caller is not traced. */
  command(stream: number): Span | undefined {
    const parent = this.#tracing.current()
    if (parent === undefined) return undefined
    return this.#tracing.begin(`store ${this.#kind}`, { parent, attributes: { 'partyline.stream': stream } })
  }

  /**
   * Stores commands in a span of its own.
   * @param commands the spans of those that are traced
   * @param waited milliseconds since the first of them was given
   * @param store is given the context of the span, for what follows from it
   */
  transaction<Result>(
    commands: readonly Span[],
    about: { readonly commands: number; readonly waited: number },
    store: (context: string | undefined) => Promise<Result>,
  ): Promise<Result> {
    const [first] = commands
    if (!first) return store(undefined)
    const links = commands.map(({ context }) => context)
    const attributes = {
      'partyline.commands': about.commands,
      'partyline.waited_ms': Math.round(about.waited),
    }
    return this.#tracing.run(
      `transaction ${this.#kind}`,
      { parent: first.context, links, attributes },
      async () => {
        const context = this.#tracing.current()
        for (const command of commands) if (context !== undefined) command.link(context)
        return store(context)
      },
    )
  }
}
