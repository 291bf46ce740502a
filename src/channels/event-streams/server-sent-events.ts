import { textsOf } from '../sockets/framing.ts'

const encoded = new WeakMap<Buffer, Buffer>()

/**
 * Encodes frames of a feed as Server-Sent Events, each with its `rev` as its `id`. What is sent to many is encoded once.
 * @param frames in WebSocket framing, as many as were joined
 */
export function encodeEvents(frames: Buffer): Buffer {
  const known = encoded.get(frames)
  if (known) return known
  const events = Buffer.from(
    textsOf(frames)
      .map((text) => encodeEvent(text, revOf(text)))
      .join(''),
  )
  encoded.set(frames, events)
  return events
}

/**
 * @param text JSON, which has no line breaks
 * @param id up to where a client has everything that comes with this event
 */
export function encodeEvent(text: string, id: number | undefined, retry?: number): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  const retryLine = retry === undefined ? '' : `retry: ${retry}\n`
  return `${retryLine}${idLine}data: ${text}\n\n`
}

/** The `rev` of a frame of a feed. */
export function revOf(text: string): number | undefined {
  const { rev }: { rev?: unknown } = JSON.parse(text)
  return typeof rev === 'number' ? rev : undefined
}
