import { byId } from '../dom.ts'

/** Whoever comes back to the page finds the unread counts of now. */
async function refresh(): Promise<void> {
  const response = await fetch('/', { headers: { accept: 'text/html' } })
  if (!response.ok || response.redirected) return
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('rooms')
  if (fresh) byId('rooms', HTMLElement).replaceChildren(...fresh.children)
}

document.addEventListener('visibilitychange', () => {
  // What cannot be fetched now is fetched on the next return; the page stays as it was.
  if (document.visibilityState === 'visible') refresh().catch(() => {})
})
addEventListener('pageshow', (event) => {
  if (event.persisted) refresh().catch(() => {})
})
