import { offerCopy } from './copied-field.ts'
import { byId } from './dom.ts'

/** Highlights a key or link that the page shows only once, scrolls to it, and adds a button that copies it. */
export function showNewKey(): void {
  const key = document.getElementById('new-key')
  if (!(key instanceof HTMLInputElement)) return
  offerCopy(key, byId('copy-key', HTMLButtonElement), byId('key-copied', HTMLElement))
  key.scrollIntoView({ block: 'center' })
  key.select()
}
