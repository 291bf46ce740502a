/** Values that can appear in a trace: numbers, and the program's own words. Never what people wrote, and no secrets. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface SpanOptions {
  /** The context of the parent span; without it a new trace begins. */
  readonly parent?: string | undefined
  /** The contexts of other spans that led to this one. */
  readonly links?: readonly string[]
  /** `server` for what comes from a client, `producer` and `consumer` for the two ends of the channel layer. */
  readonly kind?: 'internal' | 'server' | 'producer' | 'consumer'
  readonly attributes?: SpanAttributes
}

/** A piece of work in progress. */
export interface Span {
  /** Continues this span elsewhere, also in another process: a `traceparent` of W3C Trace Context. */
  readonly context: string
  /** Adds what has become known since it began. */
  set(attributes: SpanAttributes): void
  /** Links the context of another, related span. */
  link(context: string): void
  /** @param error what went wrong; only its type is recorded */
  end(error?: unknown): void
}

/**
 * Traces work through the parts of the server and across processes. If traces are not enabled there is none, and the core
 * only checks whether there is one.
 */
export interface Tracing {
  begin(name: string, options?: SpanOptions): Span
  /** Runs work in a span of its own, in which `current` is that span; it ends when the work does. */
  run<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result>
  /** Runs work whose span is ended by somebody else. */
  within<Result>(span: Span, work: () => Result): Result
  /** The context of the span in which the caller runs; undefined if there is none, or if it was not sampled. */
  current(): string | undefined
  /** Adds something to the span in which the caller runs, if there is one. */
  annotate(attributes: SpanAttributes): void
}
