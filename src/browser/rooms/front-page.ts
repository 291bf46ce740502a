import { documentOf } from '../live/html.ts'

/** Milliseconds between looks while the page is before somebody's eyes. */
const LOOK = 60_000
/** Milliseconds in which the server has stored what another tab has just told it. */
const STORED = 1_000

/**
 * Hands on the list of this person's rooms with their unread counts as it is now: when somebody comes back to the page, and each minute.
 * @returns has it looked at soon: what was read has changed
 */
export function watchFrontPage(user: string, onFresh: (rooms: Element) => void): () => void {
  const look = async () => {
    if (document.visibilityState !== 'visible') return
    const rooms = await freshRooms(user)
    if (rooms) onFresh(rooms)
  }
  document.addEventListener('visibilitychange', look)
  addEventListener('pageshow', (event) => event.persisted && look())
  setInterval(look, LOOK)
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      void look()
    }, STORED)
  }
}

/** Nothing where it cannot be had now: the page stays as it was until the next look. */
async function freshRooms(user: string): Promise<Element | null> {
  try {
    const response = await fetch('/', { headers: { accept: 'text/html', 'x-partyline-user': user } })
    if (!response.ok || response.redirected) return null
    return documentOf(await response.text()).getElementById('rooms')
  } catch {
    return null
  }
}
