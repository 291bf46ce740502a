import type { Tracing } from '../tracing.ts'
import type { Consumer } from './consumer.ts'

/** Has a consumer handle each frame in a span of its own, which begins a trace. @param label as in metrics */
export function traceFrames(consumer: Consumer, tracing: Tracing, label: string): void {
  const receive = consumer.receive.bind(consumer)
  consumer.receive = (text) =>
    tracing.run(
      `frame ${label}`,
      { kind: 'server', attributes: { 'partyline.consumer': label, 'partyline.frame.length': text.length } },
      async () => receive(text),
    )
}
