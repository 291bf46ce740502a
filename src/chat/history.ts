import { type Message, messageFrame } from './message.ts'
import type { Page, PageAround } from './messages.ts'
import type { MessageFrame } from './protocol.ts'

/** Bytes of JSON that a page of history may take, and those of what stands around its messages. */
const PAGE_BYTES = 1024 * 1024
const ENVELOPE = 100

/** As many messages of a page as may be answered at once. */
export interface FittingPage {
  readonly frames: MessageFrame[]
  /** True if there are more in the direction that was asked for. */
  readonly more: boolean
  /** The page as it is answered. */
  readonly json: string
}

/**
 * The messages of a page that fit into 1 MiB of JSON: those nearest to the requested place, and at least one.
 * @param from the end of the page that is nearest
 */
export function fittingPage({ messages, more }: Page, from: 'first' | 'last'): FittingPage {
  const { frames, json } = fitting(from === 'first' ? messages : messages.toReversed())
  const isMore = more || frames.length < messages.length
  return { frames, more: isMore, json: `{"messages":[${json.join(',')}],"more":${isMore}}` }
}

/** As `fittingPage`, with messages on both sides of a place. */
export interface FittingPageAround {
  readonly frames: MessageFrame[]
  readonly earlier: boolean
  readonly later: boolean
  readonly json: string
}

/** @param seq the place in the middle: messages far from it are left out first */
export function fittingPageAround({ messages, earlier, later }: PageAround, seq: number): FittingPageAround {
  const nearestFirst = messages.toSorted((a, b) => Math.abs(a.seq - seq) - Math.abs(b.seq - seq))
  const { frames, json } = fitting(nearestFirst)
  const first = frames[0]?.seq ?? 0
  const last = frames.at(-1)?.seq ?? 0
  const isEarlier = earlier || messages.some((message) => message.seq < first)
  const isLater = later || messages.some((message) => message.seq > last)
  return {
    frames,
    earlier: isEarlier,
    later: isLater,
    json: `{"messages":[${json.join(',')}],"more":${isEarlier},"later":${isLater}}`,
  }
}

/** @param nearestFirst what is to be kept first @returns what fits, in rising `seq` */
function fitting(nearestFirst: readonly Message[]): { frames: MessageFrame[]; json: string[] } {
  const kept: { frame: MessageFrame; text: string }[] = []
  let bytes = 0
  for (const message of nearestFirst) {
    const frame = messageFrame(message)
    const text = JSON.stringify(frame)
    bytes += Buffer.byteLength(text) + 1
    if (kept.length > 0 && bytes > PAGE_BYTES - ENVELOPE) break
    kept.push({ frame, text })
  }
  kept.sort((a, b) => a.frame.seq - b.frame.seq)
  return { frames: kept.map(({ frame }) => frame), json: kept.map(({ text }) => text) }
}
