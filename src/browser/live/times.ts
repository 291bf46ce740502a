import { type Calendar, minuteText } from '../../web/presentation.ts'

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const dayName = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

const ago = new Intl.RelativeTimeFormat('en')

/** Whole days before now, in words: "3 days ago". */
export function daysAgo(at: string): string {
  return ago.format(-Math.floor((Date.now() - Date.parse(at)) / (24 * 60 * 60 * 1_000)), 'day')
}

/** Times as the reader's browser writes them. */
export const localCalendar: Calendar = {
  day: (at) => dayLabel(new Date(at)),
  time: (at) => clock.format(new Date(at)),
  recent: (at) => (sameDay(new Date(at), new Date()) ? clock.format(new Date(at)) : dayLabel(new Date(at))),
  full: (at) => whole.format(new Date(at)),
}

const formats = {
  clock: localCalendar.time,
  recent: localCalendar.recent,
  whole: (at: string) => whole.format(new Date(at)),
}

/** Writes the times within `root`, which the server gave in UTC, as the reader's own. */
export function localizeTimes(root: ParentNode, style: 'clock' | 'recent' | 'whole'): void {
  for (const element of root.querySelectorAll('time')) {
    if (Number.isNaN(Date.parse(element.dateTime))) continue
    element.textContent = formats[style](element.dateTime)
    element.title = localCalendar.full(element.dateTime) ?? ''
  }
}

/** The text of a server's error, with the time that it names as the reader's own. */
export function localError({ error, until }: { readonly error?: unknown; readonly until?: unknown }): string {
  const text = String(error)
  if (typeof until !== 'string' || Number.isNaN(Date.parse(until))) return text
  return text.replace(minuteText(until), whole.format(new Date(until)))
}

/** Names a day: "Today", "Yesterday", "Monday, 3 March", or with its year. */
function dayLabel(at: Date): string {
  const now = new Date()
  if (sameDay(at, now)) return 'Today'
  if (sameDay(at, new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return 'Yesterday'
  return (at.getFullYear() === now.getFullYear() ? dayName : dayWithYear).format(at)
}

/** Calls back when another day has begun: soon after midnight, or when a device that slept then wakes. */
export function onNewDay(callback: () => void): void {
  let day = new Date()
  const look = () => {
    if (sameDay(day, new Date())) return
    day = new Date()
    callback()
  }
  setInterval(look, 30_000)
  document.addEventListener('visibilitychange', look)
}

function sameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString()
}
