import type { MessageFrame } from '../../chat/protocol.ts'
import { isMessage } from './frames.ts'

export interface HistoryPage {
  /** Ascending by `seq`. */
  readonly messages: readonly MessageFrame[]
  /** Whether there are older ones. */
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
  const response = await fetch(`/api/rooms/${room}/messages${query}`, {
    headers: { accept: 'application/json', 'x-partyline-user': user },
  })
  if (!response.ok) throw new Error(`the history was answered with ${response.status}`)
  const page: unknown = await response.json()
  if (typeof page !== 'object' || page === null || !('messages' in page) || !Array.isArray(page.messages)) {
    throw new Error('the history is not as agreed')
  }
  return { messages: page.messages.filter(isMessage), more: 'more' in page && page.more === true }
}
