import { type NotificationView, notificationTitle } from '../../notifications/presentation.ts'
import { registeredWorker, registerWorker } from './own-worker.ts'

/** Milliseconds in which a tab in sight says that it shows what has come. */
const HEARD_WITHIN = 300

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('partyline')
const shownElsewhere = new Set<number>()
channel?.addEventListener('message', ({ data }) => {
  if (typeof data === 'number') shownElsewhere.add(data)
})

/** Tells whether the person can still be asked for permission to show notices. */
export function canAskForNotices(): boolean {
  return 'Notification' in window && isSecureContext && Notification.permission === 'default'
}

/** Asks for leave to show notices: only from a click. */
export async function askForNotices(): Promise<void> {
  if ((await Notification.requestPermission()) === 'granted' && 'serviceWorker' in navigator)
    // Without a worker, the page shows notices itself.
    await registerWorker().catch(() => {})
}

/** Shows a notification outside of the page, where neither this tab nor another is in sight. */
export function showNotice(view: NotificationView): void {
  if (document.visibilityState === 'visible') {
    channel?.postMessage(view.id)
    return
  }
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  setTimeout(() => {
    if (!shownElsewhere.has(view.id)) void open(view)
  }, HEARD_WITHIN)
}

async function open(view: NotificationView): Promise<void> {
  const title = notificationTitle(view)
  // Several tabs of one browser show it once.
  const options = { body: view.text, tag: `partyline-${view.id}`, data: view.href }
  try {
    const worker = await registeredWorker()
    if (worker) await worker.showNotification(title, options)
    else openFromPage(title, options)
  } catch (error) {
    console.info('A notification could not be shown outside the page:', error)
  }
}

/** @throws TypeError in Chrome for Android, where only a service worker may show notifications */
function openFromPage(title: string, options: NotificationOptions & { readonly data: string }): void {
  const notice = new Notification(title, options)
  notice.addEventListener('click', () => {
    notice.close()
    focus()
    location.href = options.data
  })
}
