import { type Draft, readDraftList } from '../client/index.ts'
import { tabTexts } from './kept-texts.ts'

/** Takes over drafts that release 0.1 kept for a single tab, as one list. */
export function takeFormerDrafts(user: string, place: string): Draft[] {
  const key = `outbox ${user} ${place}`
  const drafts = readDraftList(tabTexts.get(key))
  tabTexts.set(key, '')
  return drafts
}
