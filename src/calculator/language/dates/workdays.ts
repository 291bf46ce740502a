/*
 * Working days are Monday to Friday; holidays are not known, since they differ from place to place.
 */

const FRIDAY = 5

/** Returns the day that many working days after a date, or before it where the number is negative. */
export function addWorkdays(date: Temporal.PlainDate, count: number): Temporal.PlainDate {
  if (count === 0) return date
  const step = Math.sign(count)
  const start = isWorkday(date) ? date : nextWorkday(date, -step)
  let found = start.add({ days: Math.trunc(count / 5) * 7 })
  for (let rest = Math.abs(count) % 5; rest > 0; rest--) found = nextWorkday(found, step)
  return found
}

/**
 * Returns how many working days lie from one date to another, both counted, as NETWORKDAYS does in spreadsheets;
 * negative where the second is the earlier.
 */
export function countWorkdays(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  const days = from.until(to).days
  if (days < 0) return -countWorkdays(to, from)
  const weeks = Math.floor((days + 1) / 7)
  let count = weeks * 5
  for (let date = from.add({ days: weeks * 7 }); Temporal.PlainDate.compare(date, to) <= 0; )
    [count, date] = [count + (isWorkday(date) ? 1 : 0), date.add({ days: 1 })]
  return count
}

const isWorkday = (date: Temporal.PlainDate): boolean => date.dayOfWeek <= FRIDAY

function nextWorkday(date: Temporal.PlainDate, step: number): Temporal.PlainDate {
  let next = date.add({ days: step })
  while (!isWorkday(next)) next = next.add({ days: step })
  return next
}
