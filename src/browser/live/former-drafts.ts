import { type Draft, readDraftList } from '../client/index.ts'
import { tabStorage } from './tab-storage.ts'

/** Takes over drafts that release 0.1 kept for a single tab, as one list. */
export function takeFormerDrafts(user: string, place: string): Draft[] {
  const key = `outbox ${user} ${place}`
  const drafts = readDraftList(tabStorage.get(key))
  tabStorage.set(key, '')
  return drafts
}
