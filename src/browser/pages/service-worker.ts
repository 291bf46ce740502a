/** Shows what is pushed while no page is open. It is no part of any page, and keeps nothing. */

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Pushed extends ExtendableEvent {
  readonly data: { json(): unknown } | null
}
interface Clicked extends ExtendableEvent {
  readonly notification: Notification
}
interface Page {
  readonly url: string
  focus(): Promise<unknown>
}
interface Worker {
  readonly registration: {
    showNotification(title: string, options: NotificationOptions): Promise<void>
  }
  readonly clients: {
    matchAll(options: { type: 'window' }): Promise<readonly Page[]>
    openWindow(url: string): Promise<unknown>
  }
  addEventListener(type: 'push', listener: (event: Pushed) => void): void
  addEventListener(type: 'notificationclick', listener: (event: Clicked) => void): void
}

// TypeScript knows either a page or a worker, and this is built with the pages.
const worker = globalThis as unknown as Worker

worker.addEventListener('push', (event) => {
  const pushed: unknown = event.data?.json()
  const text = (name: string) => {
    const value: unknown =
      typeof pushed === 'object' && pushed !== null ? Reflect.get(pushed, name) : undefined
    return typeof value === 'string' ? value : ''
  }
  const options = { body: text('body'), tag: text('tag'), data: text('url') }
  const shown = worker.registration.showNotification(text('title') || 'Partyline', options)
  event.waitUntil(Promise.all([shown, markIcon()]))
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const path: unknown = event.notification.data
  // A path of this server, and no other address.
  const url = new URL(typeof path === 'string' ? path : '/', location.origin)
  event.waitUntil(open(url.origin === location.origin ? url.href : location.origin))
})

/** Marks the icon of the installed app, where the browser can. The next page that is opened puts the count there. */
async function markIcon(): Promise<void> {
  // Refused where the app is not installed, and then there is no icon.
  if ('setAppBadge' in navigator) await navigator.setAppBadge().catch(() => {})
}

async function open(url: string): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window' })
  const page = pages.find((one) => one.url === url)
  if (page) await page.focus()
  else await worker.clients.openWindow(url)
}
