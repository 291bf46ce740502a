import { scriptUrlOf } from '../live/html.ts'

/** Registers the service worker, which shows notifications: only after its person asked for them. Resolves when it works. */
export async function registerWorker(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(scriptUrlOf('/service-worker.js'))
  return navigator.serviceWorker.ready
}

/** The service worker of this browser, if it was registered. */
export async function registeredWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  const registration = await navigator.serviceWorker.getRegistration('/')
  return registration?.active ? registration : undefined
}
