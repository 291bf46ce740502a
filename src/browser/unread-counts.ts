/** The rooms page as it is now; nothing where it cannot be had, and what is shown stays as it was. */
async function freshRooms(): Promise<Element | null> {
  try {
    const response = await fetch('/', { headers: { accept: 'text/html' } })
    if (!response.ok || response.redirected) return null
    return new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('rooms')
  } catch {
    return null
  }
}

/** Whoever comes back to the page finds the unread counts of now: `show` gets the list of the rooms page. */
export function onReturn(show: (rooms: Element) => void): void {
  const refresh = async () => {
    const rooms = await freshRooms()
    if (rooms) show(rooms)
  }
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && refresh())
  addEventListener('pageshow', (event) => event.persisted && refresh())
}
