import renderItem from '#views/notifications/item.eta'
import { notificationView, unseenText } from '../../notifications/presentation.ts'
import { isObject, type ServerObject } from '../client/index.ts'
import { byId, find } from '../live/dom.ts'
import { elementOf, patchChildren } from '../live/html.ts'
import { countInTitle } from '../live/page-title.ts'
import { Popup } from '../live/popup.ts'
import { localCalendar } from '../live/times.ts'
import { BLOCKED_CHANGED } from '../rooms/blocked-changes.ts'
import { askForNotices, canAskForNotices, showNotice } from './tab-notices.ts'

/** Notifications that the panel shows. */
const SHOWN = 20

interface Notification {
  readonly id: number
  readonly payload: Readonly<Record<string, unknown>>
  readonly at: string
  readonly seen: boolean
}

/** The bell on every page, with a panel of new notifications. Without this script it is a link. */
export class Bell {
  readonly #user: string
  readonly #send: (frame: object) => void
  readonly #bell = byId('bell', HTMLAnchorElement)
  readonly #count = byId('bell-count', HTMLElement)
  readonly #list = byId('bell-list', HTMLElement)
  readonly #empty = byId('bell-empty', HTMLElement)
  readonly #seen = byId('bell-seen', HTMLButtonElement)
  readonly #ask = byId('bell-ask', HTMLElement)
  readonly #popup: Popup
  readonly #notifications = new Map<number, Notification>()
  #unseen = 0
  /** The last that is known; undefined: what there was when the page was opened is still coming. */
  #last: number | undefined
  #hasRead = false

  /** @param send sends a frame over the socket of notifications */
  constructor(user: string, send: (frame: object) => void) {
    this.#user = user
    this.#send = send
    const none = () => {}
    this.#popup = new Popup(byId('bell-panel', HTMLElement), {
      onOpen: () => void this.#opened(),
      onClose: none,
    })
    if (Popup.isSupported) this.#becomeButton()
    this.#seen.addEventListener('click', () => this.#markSeen())
    // Other notifications are to be shown now.
    document.addEventListener(BLOCKED_CHANGED, () => {
      if (this.#popup.isOpen) void this.#read()
    })
    find(this.#ask, 'button', HTMLButtonElement).addEventListener('click', async () => {
      await askForNotices()
      this.#show()
    })
  }

  receive(frame: ServerObject): void {
    if (frame.type === 'notification') this.#add(frame)
    else if (frame.type === 'unseen' && typeof frame.unseen === 'number') this.#setUnseen(frame.unseen)
    else if (frame.type === 'reset') this.#reset()
    else if (frame.type === 'seen' && typeof frame.id === 'number') this.#sawUpTo(frame.id)
    else if (frame.type === 'withdrawn' && typeof frame.id === 'number') this.#notifications.delete(frame.id)
    else return
    if (this.#popup.isOpen) this.#show()
  }

  #becomeButton(): void {
    this.#bell.role = 'button'
    this.#bell.ariaExpanded = 'false'
    this.#bell.setAttribute('aria-controls', this.#popup.element.id)
    const toggle = (event: Event) => {
      event.preventDefault()
      if (this.#popup.isOpen) this.#popup.close()
      else this.#popup.open(this.#bell)
    }
    this.#bell.addEventListener('click', (event) => {
      // With a key held, a link opens elsewhere.
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) toggle(event)
    })
    this.#bell.addEventListener('keydown', (event) => {
      if (event.key === ' ') toggle(event)
    })
  }

  /** The database of the server went back: what there is now comes right after. */
  #reset(): void {
    this.#notifications.clear()
    this.#last = undefined
    this.#hasRead = false
    if (this.#popup.isOpen) void this.#read()
  }

  #add(frame: ServerObject): void {
    const notification = readNotification({ ...frame, seen: false })
    if (!notification) return
    this.#notifications.set(notification.id, notification)
    if (this.#last === undefined || notification.id <= this.#last) return
    this.#last = notification.id
    const isQuiet = frame.quiet === true
    if (!isQuiet) showNotice(notificationView(notification, false, localCalendar))
  }

  #setUnseen(unseen: number): void {
    this.#last ??= Math.max(0, ...this.#notifications.keys())
    this.#unseen = unseen
    countInTitle('unseen', unseen)
    const text = unseenText(unseen)
    this.#count.textContent = text ?? ''
    this.#count.className = text === undefined ? '' : 'badge'
    this.#bell.ariaLabel = text === undefined ? 'Notifications' : `Notifications, ${text} new`
    showOnIcon(unseen)
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (!icon) return
    icon.dataset.usual ??= icon.href
    icon.href = (unseen > 0 ? icon.dataset.unseen : icon.dataset.usual) ?? icon.href
  }

  #sawUpTo(id: number): void {
    for (const notification of this.#notifications.values())
      if (notification.id <= id) this.#notifications.set(notification.id, { ...notification, seen: true })
  }

  #markSeen(): void {
    this.#send({ type: 'seen', id: Math.max(0, ...this.#notifications.keys()) })
    this.#popup.close()
  }

  async #opened(): Promise<void> {
    this.#show()
    this.#popup.element.focus({ preventScroll: true })
    await this.#read()
  }

  async #read(): Promise<void> {
    try {
      const answer = await fetch('/api/notifications', { headers: { 'x-partyline-user': this.#user } })
      const page: unknown = answer.ok ? await answer.json() : undefined
      if (!isObject(page) || !Array.isArray(page.notifications)) return
      this.#notifications.clear()
      for (const one of page.notifications) {
        const notification = readNotification(one)
        if (notification) this.#notifications.set(notification.id, notification)
      }
      this.#hasRead = true
      this.#show()
    } catch {
      // There is no connection: what came over the socket is shown, and the page with all of them is a link away.
    }
  }

  #show(): void {
    const latest = [...this.#notifications.values()].sort((one, other) => other.id - one.id).slice(0, SHOWN)
    patchChildren(
      this.#list,
      latest.map((one) => elementOf(renderItem(notificationView(one, one.seen, localCalendar)))),
    )
    this.#empty.hidden = latest.length > 0 || !this.#hasRead
    this.#seen.hidden = this.#unseen === 0
    this.#ask.hidden = !canAskForNotices()
  }
}

/** Counts on the icon of the installed app, where the browser can. */
function showOnIcon(unseen: number): void {
  if (!('setAppBadge' in navigator)) return
  const shown = unseen > 0 ? navigator.setAppBadge(unseen) : navigator.clearAppBadge()
  // Refused where the app is not installed, and then there is no icon.
  shown.catch(() => {})
}

function readNotification(value: unknown): Notification | undefined {
  if (!isObject(value)) return undefined
  const { at, id, payload, seen } = value
  if (typeof id !== 'number' || typeof at !== 'string' || !isObject(payload)) return undefined
  return { id, payload, at, seen: seen === true }
}
