/** Values that may stand in a trace: numbers, and words of the program's own. Never what people wrote, and no secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface SpanOptions {
  /** The context of the span of which this one is a part; without it a new trace begins. */
  readonly parent?: string | undefined
  /** The contexts of other spans that led to this one. */
  readonly links?: readonly string[]
  /** `server` for what comes from a client, `producer` and `consumer` for the two ends of the channel layer. */
  readonly kind?: 'internal' | 'server' | 'producer' | 'consumer'
  readonly attributes?: SpanAttributes
}

/** A piece of work that is under way. */
export interface Span {
  /** Continues this span elsewhere, also in another process: a `traceparent` of W3C Trace Context. */
  readonly context: string
  /** Adds what became known since it began. */
  set(attributes: SpanAttributes): void
  /** Adds the context of another span that has to do with this one. */
  link(context: string): void
  /** @param error what went wrong, of which the type alone is told */
  end(error?: unknown): void
}

/**
 * Follows work through the parts of the server and through processes. Where nobody asked for traces there is none, and then
 * the core does no more than look whether there is one.
 */
export interface Tracing {
  begin(name: string, options?: SpanOptions): Span
  /** Runs work in a span of its own, in which `current` is that span; it ends when the work does. */
  run<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result>
  /** Runs work of which somebody else ends the span. */
  within<Result>(span: Span, work: () => Result): Result
  /** The context of the span in which the caller runs; undefined where there is none, or where it was not chosen to be kept. */
  current(): string | undefined
  /** Adds something to the span in which the caller runs, if there is one. */
  annotate(attributes: SpanAttributes): void
}
