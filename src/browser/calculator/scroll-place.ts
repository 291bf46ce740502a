import { byId } from '../live/dom.ts'
import { tabTexts } from '../live/kept-texts.ts'

/** Keeps where the reader is on the sheet, for when they reload it or come back. */
export function keepPlace(key: string): void {
  const scroll = byId('scroll', HTMLElement)
  const [navigation] = performance.getEntriesByType('navigation')
  const returns = navigation && 'type' in navigation && navigation.type !== 'navigate'
  if (returns) scroll.scrollTop = Number(tabTexts.get(key))
  addEventListener('pagehide', () => tabTexts.set(key, String(Math.round(scroll.scrollTop))))
}
