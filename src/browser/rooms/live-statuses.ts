import renderStatus from '#views/web/status.eta'
import { statusView } from '../../web/presentation.ts'
import { isObject, type ServerObject } from '../client/index.ts'
import { elementOf, patchChildren } from '../live/html.ts'

/** Keeps the statuses of the people whom a page lists as they are now. */
export class LiveStatuses {
  /** The places of statuses, by username. */
  readonly #places = new Map<string, HTMLElement>()

  constructor() {
    for (const place of document.querySelectorAll<HTMLElement>('[data-status-of]'))
      this.#places.set(place.dataset.statusOf ?? '', place)
  }

  /** Asks for them on a new connection. */
  ask(send: (frame: object) => void): void {
    if (this.#places.size > 0) send({ type: 'watch', people: [...this.#places.keys()] })
  }

  receive({ statuses }: ServerObject): void {
    if (!isObject(statuses)) return
    for (const [username, status] of Object.entries(statuses)) {
      const view = statusView(typeof status === 'string' ? status : undefined)
      const place = this.#places.get(username)
      if (place) patchChildren(place, view ? [elementOf(renderStatus(view))] : [])
    }
  }
}
