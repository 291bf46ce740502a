import { subscribe } from 'node:diagnostics_channel'

/** What is told of each answer, and of each request that failed; the channels of undici that Node's WebSocket goes through. */
interface Told {
  readonly request: { readonly origin: string | URL; readonly path: string; readonly upgrade?: string }
  readonly response?: { readonly statusCode: number }
  readonly error?: Error
}

const KEPT = 1_000

/** By address, since Node reports a refused socket only as closed with 1006. */
const reasons = new Map<string, string>()

subscribe('undici:request:headers', note)
subscribe('undici:request:error', note)

/** Why the last upgrade at an address was refused: a status, or an error of the connection. */
export function refusalOf(address: string): string {
  return reasons.get(new URL(address).href) ?? 'for no reason that is known'
}

function note(message: unknown): void {
  const { request, response, error } = message as Told
  if (!request.upgrade) return
  if (reasons.size >= KEPT) reasons.clear()
  const reason = response ? `with status ${response.statusCode}` : `since ${error?.message}`
  reasons.set(new URL(request.path, String(request.origin)).href, reason)
}
