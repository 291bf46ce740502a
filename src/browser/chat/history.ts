import type { MessageFrame } from '../../chat/protocol.ts'
import { isMessage } from './frames.ts'

export interface HistoryPage {
  /** Ascending by `seq`. */
  readonly messages: readonly MessageFrame[]
  /** True if there are older ones. */
  readonly more: boolean
}

/**
 * Messages of a room, as `user` sees it: the newest, or those before a `seq`.
 * @throws when the server cannot be reached or does not give them
 */
export async function fetchHistory(
  room: string,
  user: string,
  before?: number,
  limit = 50,
): Promise<HistoryPage> {
  const query = before === undefined ? '' : `?before=${before}&limit=${limit}`
  const page = await fetchJson(`/api/rooms/${room}/messages${query}`, user)
  if (typeof page !== 'object' || page === null || !('messages' in page) || !Array.isArray(page.messages)) {
    throw new Error('the history is not as agreed')
  }
  return { messages: page.messages.filter(isMessage), more: 'more' in page && page.more === true }
}

/** One message of a room, as it is now. @throws as `fetchHistory` */
export async function fetchMessage(room: string, user: string, seq: number): Promise<MessageFrame> {
  const message = await fetchJson(`/api/rooms/${room}/messages/${seq}`, user)
  if (!isMessage(message)) throw new Error('the message is not as agreed')
  return message
}

async function fetchJson(address: string, user: string): Promise<unknown> {
  const headers = { accept: 'application/json', 'x-partyline-user': user }
  const response = await fetch(address, { headers })
  if (!response.ok) throw new Error(`${address} was answered with ${response.status}`)
  return response.json()
}
