import { byId } from '../live/dom.ts'
import { registerWorker } from '../notifications/own-worker.ts'

/** Asked for by a click alone: whether this browser shows notifications while no page is open. */
const section = byId('push', HTMLElement)
const control = byId('push-switch', HTMLButtonElement)
const status = byId('push-status', HTMLElement)
const csrf = document.querySelector<HTMLInputElement>('input[name="_csrf"]')?.value ?? ''

if ('serviceWorker' in navigator && 'PushManager' in window) {
  section.hidden = false
  show().catch(failed)
  control.addEventListener('click', () => {
    control.disabled = true
    change()
      .then(show)
      .catch(failed)
      .finally(() => {
        control.disabled = false
      })
  })
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  return (await registration?.pushManager.getSubscription()) ?? null
}

async function show(): Promise<void> {
  const isOn = (await subscription()) !== null
  control.textContent = isOn ? 'Turn off for this device' : 'Turn on for this device'
  status.textContent = isOn ? 'This device shows notifications, even when Partyline is not open.' : ''
}

async function change(): Promise<void> {
  const current = await subscription()
  if (current) {
    await send('DELETE', { endpoint: current.endpoint })
    await current.unsubscribe()
    return
  }
  if ((await Notification.requestPermission()) !== 'granted')
    throw new Error(
      'This browser does not allow Partyline to show notifications. Allow them in the browser’s settings for this site.',
    )
  const { pushManager } = await registerWorker()
  const { key } = await (await fetch('/api/push/key')).json()
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: String(key) })
  await send('POST', { endpoint: made.endpoint, keys: made.toJSON().keys })
}

async function send(method: 'POST' | 'DELETE', body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf }
  const answer = await fetch('/api/push/subscriptions', { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error('The server did not accept this. Try again.')
}

function failed(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : 'That did not work. Try again.'
}
