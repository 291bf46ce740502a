import type { ResultFrame } from '../../calculator/protocol.ts'
import type { MessageFrame } from '../../chat/protocol.ts'

/** A frame from the server, of which only the type is known. */
export type ServerObject = { readonly type: string } & Readonly<Record<string, unknown>>

/** @returns nothing for what is not a frame */
export function readFrame(text: string): ServerObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && typeof value.type === 'string' ? { ...value, type: value.type } : undefined
  } catch {
    return undefined
  }
}

export function isMessage(value: unknown): value is MessageFrame {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.seq) &&
    Number.isSafeInteger(value.rev) &&
    ['id', 'sender', 'message', 'at'].every((field) => typeof value[field] === 'string') &&
    ['string', 'undefined'].includes(typeof value.html)
  )
}

/** The names in a list; none for what is no list. */
export function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a frame is a line of a sheet, by what makes it one. */
export function isResult(frame: ServerObject): frame is ServerObject & ResultFrame {
  return frame.type === 'result' && typeof frame.seq === 'number' && typeof frame.sender === 'string'
}
