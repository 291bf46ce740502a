import type { Test } from 'tap'
import { startReceiver } from './receiver.ts'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly attributes: Readonly<Record<string, unknown>>
  /** The unique name of the process that sent it. */
  readonly instance: string
}

/** Takes traces, as OTLP in JSON, until the test ends. */
export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string
  /** Everything received so far, unchanged. */
  text(): string
  spans(): CollectedSpan[]
  /** Answers with a status from now on. */
  answerWith(status: number): void
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes' | 'links' | 'instance'> & {
        readonly attributes?: readonly Attribute[]
        readonly links?: CollectedSpan['links']
      })[]
    }[]
  }[]
}

export async function startCollector(t: Test): Promise<Collector> {
  const receiver = await startReceiver(t)
  return {
    endpoint: `http://${receiver.host}`,
    text: () => receiver.received.map(({ body }) => body).join('\n'),
    spans: () =>
      receiver.received.flatMap(({ body }) => {
        const { resourceSpans }: Export = JSON.parse(body)
        return resourceSpans.flatMap(({ resource, scopeSpans }) => {
          const instance = String(read(resource.attributes)['service.instance.id'])
          return scopeSpans.flatMap(({ spans }) =>
            spans.map(({ attributes, links = [], ...span }) => ({
              ...span,
              links,
              attributes: read(attributes),
              instance,
            })),
          )
        })
      }),
    answerWith(status) {
      receiver.status = status
    },
  }
}

function read(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
