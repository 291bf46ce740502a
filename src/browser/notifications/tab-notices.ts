import { type NotificationView, notificationTitle } from '../../notifications/presentation.ts'

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
  await Notification.requestPermission()
}

/** Shows a notification outside of the page, where neither this tab nor another is in sight. */
export function showNotice(view: NotificationView): void {
  if (document.visibilityState === 'visible') {
    channel?.postMessage(view.id)
    return
  }
  if (!('Notification' in window) || Notification.permission !== 'granted') return
  setTimeout(() => {
    if (!shownElsewhere.has(view.id)) open(view)
  }, HEARD_WITHIN)
}

function open(view: NotificationView): void {
  // Several tabs of one browser show it once.
  const notice = new Notification(notificationTitle(view), { body: view.text, tag: `partyline-${view.id}` })
  notice.addEventListener('click', () => {
    notice.close()
    focus()
    location.href = view.href
  })
}
