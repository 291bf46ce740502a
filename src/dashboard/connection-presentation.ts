import { sizeText } from './presentation.ts'

/** The meaning of each close code, for the operators of the server (docs/protocol.md, "Handshake"). */
const codes: Readonly<Record<number, string>> = {
  1000: 'the client closed it',
  1001: 'the page was left',
  1003: 'it sent a kind of frame that is not accepted',
  1005: 'the client closed it, without a reason',
  1006: 'the connection broke, or the client left without closing it',
  1007: 'it sent text that is not UTF-8',
  1008: 'it sent a frame or a message in too many pieces',
  1009: 'it sent a frame that is too large',
  1011: 'an error in the server',
  1012: 'the server restarted, or an administrator closed it',
  1013: 'the server was overloaded, or the person had too many connections',
  4001: 'the session ended',
  4003: 'the person may no longer be there',
  4004: 'there is no such room',
  4008: 'it read too slowly',
  4009: 'the client sent nothing for IDLE_TIMEOUT',
  4029: 'it kept sending past the rate limit',
}

export function closeText(code: number): string {
  const meaning = codes[code]
  return meaning === undefined ? String(code) : `${code}: ${meaning}`
}

/** Names the target of a connection for people: its consumer, and the room. */
export function targetText(consumer: string, room: string | undefined): string {
  return room === undefined ? consumer : `${consumer} in ${room}`
}

export function queueText(bytes: number): string {
  return bytes === 0 ? 'nothing waiting' : `${sizeText(bytes)} waiting`
}
