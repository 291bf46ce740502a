import type { MessageFrame } from '../../chat/protocol.ts'
import { isMessage } from './frames.ts'
import type { Extent } from './timeline.ts'

export interface HistoryPage extends Extent {
  /** Ascending by `seq`. */
  readonly messages: readonly MessageFrame[]
}

/** The place of a page of history; without one, the newest messages. */
export type HistoryPlace =
  | { readonly before: number }
  | { readonly after: number }
  | { readonly around: number }
  | undefined

/**
 * Messages of a room, as `user` sees it.
 * @throws when the server cannot be reached or does not give them
 */
export async function fetchHistory(
  room: string,
  user: string,
  place: HistoryPlace,
  limit: number,
): Promise<HistoryPage> {
  const query = new URLSearchParams({ limit: String(limit) })
  for (const [name, seq] of Object.entries(place ?? {})) query.set(name, String(seq))
  const page = await fetchJson(`/api/rooms/${room}/messages?${query}`, user)
  if (typeof page !== 'object' || page === null || !('messages' in page) || !Array.isArray(page.messages)) {
    throw new Error('the history does not have the expected form')
  }
  const more = 'more' in page && page.more === true
  const messages = page.messages.filter(isMessage)
  if (place && 'after' in place) return { messages, earlier: true, later: more }
  return { messages, earlier: more, later: 'later' in page && page.later === true }
}

/** One message of a room, as it is now. @throws as `fetchHistory` */
export async function fetchMessage(room: string, user: string, seq: number): Promise<MessageFrame> {
  const message = await fetchJson(`/api/rooms/${room}/messages/${seq}`, user)
  if (!isMessage(message)) throw new Error('the message does not have the expected form')
  return message
}

async function fetchJson(address: string, user: string): Promise<unknown> {
  const headers = { accept: 'application/json', 'x-partyline-user': user }
  const response = await fetch(address, { headers })
  if (!response.ok) throw new Error(`${address} was answered with ${response.status}`)
  return response.json()
}
