import type { ReplyTo } from '../../chat/protocol.ts'
import { isObject } from '../client/index.ts'

/** A draft: a text, and the message that it answers. */
export interface Written {
  readonly text: string
  readonly reply?: ReplyTo | undefined
}

export const NOTHING: Written = { text: '' }

/** Two empty texts are the same whatever they answer, because an empty text is not a draft. */
export function isSame(one: Written, other: Written): boolean {
  return one.text === other.text && (one.text === '' || one.reply?.seq === other.reply?.seq)
}

export function readWritten(value: unknown): Written | undefined {
  if (!isObject(value) || typeof value.text !== 'string') return undefined
  const reply = readReply(value.reply)
  return { text: value.text, ...(reply && { reply }) }
}

function readReply(value: unknown): ReplyTo | undefined {
  if (!isObject(value)) return undefined
  const { excerpt, sender, sender_name: name, seq } = value
  if (typeof seq !== 'number' || typeof sender !== 'string' || typeof excerpt !== 'string') return undefined
  return { seq, sender, excerpt, ...(typeof name === 'string' && { sender_name: name }) }
}
