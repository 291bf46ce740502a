import type { IncomingHttpHeaders } from 'node:http'

/** Headers that many connections have with the same value, and that are nobody's secret. */
const SHARED = [
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'host',
  'origin',
  'pragma',
  'sec-websocket-extensions',
  'sec-websocket-version',
  'upgrade',
  'user-agent',
] as const

/** Values that are kept at a time, and the characters of one: clients may send what they like. */
const VALUES = 1_000
const CHARACTERS = 300

const known = new Map<string, string>()

/** Makes equal values of different connections share one string in memory. The headers are not changed. */
export function shareHeaders(headers: IncomingHttpHeaders): void {
  for (const name of SHARED) {
    const value = headers[name]
    if (value !== undefined && value.length <= CHARACTERS) headers[name] = shared(value)
  }
}

function shared(value: string): string {
  const found = known.get(value)
  if (found !== undefined) return found
  // A client that invents many values costs others only this saving.
  if (known.size >= VALUES) known.clear()
  known.set(value, value)
  return value
}
