import type { EarlierMessages, IndexQuery, RoomChanges } from '../search-index.ts'

/** A request to the thread of the index. */
export type IndexRequest = { readonly id: number } & IndexCall

export type IndexCall =
  | { readonly method: 'positions'; readonly rooms: readonly number[] }
  | { readonly method: 'unfilled' | 'isNew' }
  | { readonly method: 'begin'; readonly rooms: readonly { readonly room: number; readonly rev: number }[] }
  | { readonly method: 'apply'; readonly changes: readonly RoomChanges[] }
  | { readonly method: 'fill'; readonly earlier: EarlierMessages }
  | { readonly method: 'forget'; readonly room: number }
  | { readonly method: 'find'; readonly query: IndexQuery }

/** Its answer: a value or an error. */
export type IndexResponse =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly isDamaged: boolean }
