import { Type } from 'typebox'

/** The position in a feed that a client says it has reached. */
export interface Place {
  /** The last change that it has; undefined: it has none, and follows from now on. */
  readonly since: number | undefined
  /** The newest row that it holds, by which another history is recognized. */
  readonly newest: { readonly seq: number; readonly id: string } | undefined
}

/** For the API documentation. An invalid position is answered with a `reset`, and never refused. */
export const PlaceQuery = Type.Object({
  since: Type.Optional(Type.String({ description: 'the last change that the client has' })),
  seq: Type.Optional(Type.String({ description: 'of the newest row that the client holds' })),
  id: Type.Optional(Type.String({ description: 'of the newest row that the client holds' })),
})

/**
 * Reads `since`, `seq` and `id` from a query.
 * @param lastEventId what a client of Server-Sent Events got last: it counts in place of `since`, and of the row that belongs to it
 */
export function readPlace(query: URLSearchParams, lastEventId?: string): Place {
  if (lastEventId) return { since: readSince(lastEventId), newest: undefined }
  return { since: readSince(query.get('since')), newest: readNewest(query) }
}

/** A client that does not know its position starts from the history. */
function readSince(text: string | null): number | undefined {
  if (text === null) return undefined
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER
}

/** A row that cannot be read is not one of ours. */
function readNewest(query: URLSearchParams): Place['newest'] {
  const seq = query.get('seq')
  const id = query.get('id')
  if (seq === null && id === null) return undefined
  return { seq: /^\d{1,15}$/.test(seq ?? '') ? Number(seq) : -1, id: id ?? '' }
}
