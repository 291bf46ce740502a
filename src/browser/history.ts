import type { MessageFrame } from '../chat/protocol.ts'

export interface HistoryPage {
  readonly messages: readonly MessageFrame[]
  readonly more: boolean
}

/**
 * Messages of a room: the newest, or those before a `seq`.
 * @throws when the server cannot be reached or does not give them
 */
export async function fetchHistory(room: string, before?: number): Promise<HistoryPage> {
  const query = before === undefined ? '' : `?before=${before}`
  const response = await fetch(`/api/rooms/${room}/messages${query}`, {
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw new Error(`the history was answered with ${response.status}`)
  return response.json()
}
