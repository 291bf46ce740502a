import type { NotificationFrame } from '../notifications/index.ts'

/** A notification as a browser shows it: `browser/pages/service-worker.ts` gets it. */
export interface PushedText {
  readonly title: string
  readonly body: string
  /** A path of this server that it leads to. */
  readonly url: string
  /** A notification with the same tag takes the place of the one before. */
  readonly tag: string
}

/** Characters of a body: what is pushed has 4 KiB at most, and is encrypted. */
const BODY = 300

export function pushedText({ id, payload }: NotificationFrame): PushedText {
  const { event, excerpt, room, room_name, sender, sender_name, seq, text } = payload
  const place = typeof room_name === 'string' ? ` in ${room_name}` : ''
  const by = String(sender_name ?? sender ?? '')
  const url = typeof room === 'string' ? `/rooms/${room}${typeof seq === 'number' ? `?at=${seq}` : ''}` : '/'
  const tag = typeof seq === 'number' ? `${room} ${seq}` : `notification ${id}`
  const titles: Readonly<Record<string, string>> = {
    mention: `${by} mentioned you${place}`,
    reply: `${by} replied to you${place}`,
    direct: by,
    everything: `${by}${place}`,
    reminder: 'Reminder',
  }
  const title = titles[String(event)] ?? 'Partyline'
  const body = String(excerpt ?? text ?? event ?? '').slice(0, BODY)
  return { title, body, url, tag }
}

/** In place of more than are shown one by one. */
export function pushedSummary(count: number): PushedText {
  return { title: 'Partyline', body: `${count} new notifications`, url: '/', tag: 'summary' }
}
