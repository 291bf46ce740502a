import type { ServerObject } from '../client/index.ts'
import { byId } from './dom.ts'
import { localCalendar } from './times.ts'

/** Shows in the head of a page who was last active in the other part of the room, beside the link to it. */
export function showGlance({ sender, sender_name: name, at }: ServerObject): void {
  const glance = byId('glance', HTMLElement)
  glance.textContent = `${name ?? sender}, ${localCalendar.time(String(at))}`
  glance.title = `@${sender}`
}
