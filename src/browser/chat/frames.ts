import type { MessageFrame } from '../../chat/protocol.ts'
import { isObject } from '../live/frames.ts'

export function isMessage(value: unknown): value is MessageFrame {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.seq) &&
    Number.isSafeInteger(value.rev) &&
    ['id', 'sender', 'message', 'at'].every((field) => typeof value[field] === 'string') &&
    ['string', 'undefined'].includes(typeof value.html) &&
    (value.values === undefined || Array.isArray(value.values))
  )
}
