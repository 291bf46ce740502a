import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

type Exported = Parameters<SpanExporter['export']>[1]

/** Milliseconds between two complaints. */
const COMPLAINTS = 60_000

/** Logs when spans could not be sent, since the SDK itself is silent about it. */
export class LoggedExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #complain: (reason: string) => void
  #complained = Number.NEGATIVE_INFINITY

  constructor(exporter: SpanExporter, complain: (reason: string) => void) {
    this.#exporter = exporter
    this.#complain = complain
  }

  export(spans: ReadableSpan[], done: Exported): void {
    this.#exporter.export(spans, (result) => {
      if (result.error) this.#tell(result.error.message)
      done(result)
    })
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.()
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }

  #tell(reason: string): void {
    const now = performance.now()
    if (now - this.#complained < COMPLAINTS) return
    this.#complained = now
    this.#complain(reason)
  }
}
