import type { Tracing } from '../tracing.ts'
import type { Consumer } from './consumer.ts'

/** Makes a consumer handle each frame in a span of its own, which begins a trace. @param label as in metrics */
export function traceFrames(consumer: Consumer, tracing: Tracing, label: string): void {
  const traced = (length: number, handle: () => void | Promise<void>) =>
    tracing.run(
      `frame ${label}`,
      { kind: 'server', attributes: { 'partyline.consumer': label, 'partyline.frame.length': length } },
      async () => handle(),
    )
  const receive = consumer.receive.bind(consumer)
  const receiveBytes = consumer.receiveBytes?.bind(consumer)
  consumer.receive = (text) => traced(text.length, () => receive(text))
  if (receiveBytes) consumer.receiveBytes = (bytes) => traced(bytes.length, () => receiveBytes(bytes))
}
