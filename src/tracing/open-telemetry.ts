import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Link,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Span, SpanAttributes, SpanOptions, Tracing } from '../channels/index.ts'
import { LoggedExporter } from './logged-exporter.ts'
import { readTraceparent, writeTraceparent } from './traceparent.ts'

/** Milliseconds that the end waits for a collector to take the last spans. */
const GOODBYE = 1_000

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

export interface TracesConfig {
  /** The address of a collector that takes traces as OTLP over HTTP, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string
  /** The part of traces that are kept, from 0 to 1. */
  readonly share: number
}

export interface OpenTracing extends Tracing {
  /** Sends what is left, if the collector takes it within a second. */
  close(): Promise<void>
}

/**
 * Sends spans to a collector. One that is away or slow delays nobody: at most 2,048 spans wait for it, and more are dropped.
 * @param complain told, at most once a minute, why spans could not be sent
 */
export function openTracing(
  { endpoint, share }: TracesConfig,
  complain: (reason: string) => void,
): OpenTracing {
  const resource = resourceFromAttributes({
    'service.name': 'partyline',
    'service.instance.id': randomUUID(),
    'process.pid': process.pid,
  }).merge(detectResources({ detectors: [envDetector] }))
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` })
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new LoggedExporter(exporter, complain) })],
  })
  const tracing = new OpenTelemetryTracing(provider.getTracer('partyline'))
  return Object.assign(tracing, {
    close: async () => {
      // Anything that could not be sent has already been logged.
      const sent = provider.shutdown().catch(() => {})
      await Promise.race([sent, delay(GOODBYE, undefined, { ref: false })])
    },
  })
}

class OpenTelemetryTracing implements Tracing {
  readonly #tracer: Tracer
  readonly #active = new AsyncLocalStorage<Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  begin(name: string, { parent, links = [], kind = 'internal', attributes = {} }: SpanOptions = {}): Span {
    const above = readTraceparent(parent)
    const context = above ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT
    const options = {
      kind: kinds[kind],
      attributes: { ...attributes },
      links: links.flatMap((link) => linkTo(link)),
    }
    return new TracedSpan(this.#tracer.startSpan(name, options, context))
  }

  async run<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result> {
    const span = this.begin(name, options)
    try {
      const result = await this.#active.run(span, work)
      span.end()
      return result
    } catch (error) {
      span.end(error)
      throw error
    }
  }

  within<Result>(span: Span, work: () => Result): Result {
    return this.#active.run(span, work)
  }

  current(): string | undefined {
    const context = this.#active.getStore()?.context
    return context !== undefined && isKept(context) ? context : undefined
  }

  annotate(attributes: SpanAttributes): void {
    this.#active.getStore()?.set(attributes)
  }
}

class TracedSpan implements Span {
  readonly context: string
  readonly #span: OtelSpan

  constructor(span: OtelSpan) {
    this.#span = span
    this.context = writeTraceparent(span.spanContext())
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes({ ...attributes })
  }

  link(context: string): void {
    for (const link of linkTo(context)) this.#span.addLink(link)
  }

  /** The message of an error may hold what somebody wrote, or an address with a password. */
  end(error?: unknown): void {
    if (error !== undefined) {
      this.#span.setAttribute('error.type', typeOf(error))
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
  }
}

function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.constructor.name
}

function linkTo(context: string): Link[] {
  const read = readTraceparent(context)
  return read ? [{ context: read }] : []
}

function isKept(context: string): boolean {
  return ((readTraceparent(context)?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0
}
