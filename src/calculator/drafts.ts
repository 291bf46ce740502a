import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** The value that a line would have with a draft. */
export const DraftValue = Type.Object({
  seq: Type.Integer(),
  text: Type.String(),
  rounded: Type.Optional(Type.Boolean({ description: 'the text does not show the whole value' })),
})
export type DraftValue = Static<typeof DraftValue>

/** A line as others see it while somebody is writing it. */
export const SharedDraft = Type.Object({
  seq: Type.Optional(Type.Integer()),
  before: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  expression: Type.String(),
  values: Type.Optional(Type.Array(DraftValue)),
})
export type SharedDraft = Static<typeof SharedDraft>

/** Milliseconds that a draft is shown without being written on, and for which changes of it are gathered. */
export const DRAFT_LASTS = 10_000
export const DRAFT_GATHER = 250

/** Characters of a draft as it is shared, and of one value in it. */
export const DRAFT_LENGTH = 6_000
const VALUE_LENGTH = 60

/** People whose drafts one process shares on a sheet. */
export const DRAFTS = 1_000

/** Encodes a draft for sharing: as many of the values as fit, and as much of the expression as fits without them. */
export function encodeDraft(draft: SharedDraft): string {
  const values = (draft.values ?? []).map((value) => ({ ...value, text: shortened(value.text) }))
  for (let count = values.length; ; count = Math.floor(count / 2)) {
    const text = JSON.stringify({ ...draft, ...(draft.values && { values: values.slice(0, count) }) })
    if (text.length <= DRAFT_LENGTH) return text
    if (count > 0) continue
    const { expression } = draft
    return encodeDraft({ ...draft, values: [], expression: expression.slice(0, expression.length >> 1) })
  }
}

function shortened(text: string): string {
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH - 1)}…` : text
}

/** Drafts that were decoded last: everyone on a sheet is told of the same one. */
const decoded = new Map<string, SharedDraft | undefined>()
const DECODED = 200

/** Decodes a draft that another process shared; undefined if it is invalid. */
export function decodeDraft(text: string): SharedDraft | undefined {
  if (decoded.has(text)) return decoded.get(text)
  const draft = read(text)
  const [oldest] = decoded.keys()
  if (decoded.size >= DECODED && oldest !== undefined) decoded.delete(oldest)
  decoded.set(text, draft)
  return draft
}

function read(text: string): SharedDraft | undefined {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    return undefined
  }
  return Value.Check(SharedDraft, found) ? found : undefined
}

export function draftsGroup(sheet: number): string {
  return `drafts.${sheet}`
}
