import type { Case, Tree } from '../case.ts'
import type { Chance } from '../chance.ts'

const two = (value: number): string => String(value).padStart(2, '0')

const date = (chance: Chance): string =>
  `${chance.integer(1900, 2199)}-${two(chance.integer(1, 12))}-${two(chance.integer(1, 28))}`

const dated = (typed: string, tree: Tree, suffix?: string): Case => ({
  kind: 'dates and times',
  lines: [typed],
  question: { oracle: 'python', tree },
  ...(suffix !== undefined && { suffix }),
})

function shifted(chance: Chance): Case {
  // The ends of months, and Februaries, are where a month later is not the same day.
  const day = chance.oneIn(2)
    ? date(chance)
    : `${chance.integer(1995, 2030)}-${chance.pick(['01-31', '02-28', '03-31', '08-31', '10-31', '12-31'])}`
  const count = chance.integer(2, 40)
  const unit = chance.pick(['days', 'weeks', 'months', 'years'])
  const back = chance.oneIn(2)
  return dated(`${day} ${back ? '-' : '+'} ${count} ${unit}`, ['addToDate', day, back ? -count : count, unit])
}

function apart(chance: Chance): Case {
  const [a, b] = [date(chance), date(chance)]
  return dated(`${a} - ${b}`, ['daysBetween', a, b], ' days')
}

function weekdays(chance: Chance): Case {
  const day = date(chance)
  return dated(`${day} to weekday`, ['weekday', day])
}

function clock(chance: Chance): Case {
  const time = `${two(chance.integer(0, 23))}:${two(chance.integer(0, 59))}`
  const minutes = chance.integer(1, 900)
  const back = chance.oneIn(2)
  return dated(`${time} ${back ? '-' : '+'} ${minutes} min`, ['clockAfter', time, back ? -minutes : minutes])
}

function spans(chance: Chance): Case {
  const [a, b] = [chance.integer(0, 719), chance.integer(720, 1439)]
  const time = (minutes: number) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  const tree: Tree = ['divide', ['number', String(b - a)], ['number', '60']]
  return dated(`${time(b)} - ${time(a)} to h`, tree, ' h')
}

function monthsAndDays(chance: Chance): Case {
  const day = date(chance)
  const [months, days] = [chance.integer(2, 30), chance.integer(2, 60)]
  const back = chance.oneIn(2)
  return dated(`${day} ${back ? '-' : '+'} ${months} months ${days} days`, [
    'addMonthsAndDays',
    day,
    back ? -months : months,
    back ? -days : days,
  ])
}

function workdaysLater(chance: Chance): Case {
  const day = date(chance)
  const count = chance.integer(2, 300)
  const back = chance.oneIn(2)
  const typed = `${day} ${back ? '-' : '+'} ${count} ${chance.pick(['workdays', 'business days', 'working days'])}`
  return { ...dated(typed, ['addWorkdays', day, back ? -count : count]), kind: 'workdays' }
}

function workdaysCounted(chance: Chance): Case {
  const year = chance.integer(1950, 2100)
  const day = (later: number) =>
    `${year + chance.integer(0, later)}-${two(chance.integer(1, 12))}-${two(chance.integer(1, 28))}`
  const [from, to] = [day(0), day(2)]
  const typed = chance.pick([
    `workdays(${from}, ${to})`,
    `workdays between ${from} and ${to}`,
    `business days from ${from} to ${to}`,
  ])
  // Between two dates there are as many the other way around.
  const [start, end] = typed.includes(' between ') && to < from ? [to, from] : [from, to]
  return { ...dated(typed, ['countWorkdays', start, end]), kind: 'workdays' }
}

/** Cities as people call them, of both hemispheres, with and without summer time, and off by half an hour. */
const ZONES = [
  ['New York', 'America/New_York'],
  ['Los Angeles', 'America/Los_Angeles'],
  ['Chicago', 'America/Chicago'],
  ['Halifax', 'America/Halifax'],
  ['London', 'Europe/London'],
  ['Berlin', 'Europe/Berlin'],
  ['Athens', 'Europe/Athens'],
  ['Tokyo', 'Asia/Tokyo'],
  ['Kolkata', 'Asia/Kolkata'],
  ['Kathmandu', 'Asia/Kathmandu'],
  ['Sydney', 'Australia/Sydney'],
  ['Adelaide', 'Australia/Adelaide'],
  ['Auckland', 'Pacific/Auckland'],
  ['Johannesburg', 'Africa/Johannesburg'],
  ['UTC', 'UTC'],
] as const

/** A time of day on a date; often in the nights of spring and autumn in which clocks are changed. */
function moment(chance: Chance): { date: string; time: string; iso: string } {
  const isNight = chance.oneIn(2)
  const [month, hour] = isNight
    ? [chance.pick([3, 4, 9, 10, 11]), chance.integer(0, 4)]
    : [chance.integer(1, 12), chance.integer(0, 23)]
  const day = `${chance.integer(2008, 2030)}-${two(month)}-${two(chance.integer(1, 28))}`
  const time = `${two(hour)}:${two(chance.integer(0, 59))}`
  return { date: day, time, iso: `${day}T${time}` }
}

function inOtherZone(chance: Chance): Case {
  const { date, time, iso } = moment(chance)
  const [[from, start], [to, end]] = [chance.pick(ZONES), chance.pick(ZONES)]
  const typed = `${date} ${time} in ${from} ${chance.pick(['to', 'in'])} ${to}`
  return { ...dated(typed, ['betweenZones', iso, start, end], ` in ${to}`), kind: 'time zones' }
}

function laterInZone(chance: Chance): Case {
  const { date, time, iso } = moment(chance)
  const [city, zone] = chance.pick(ZONES)
  const hours = chance.integer(2, 60)
  const back = chance.oneIn(2)
  const typed = `(${date} ${time} in ${city}) ${back ? '-' : '+'} ${hours} h`
  const tree: Tree = ['zonedAfter', iso, zone, (back ? -hours : hours) * 60]
  return { ...dated(typed, tree, ` in ${city}`), kind: 'time zones' }
}

function apartInZones(chance: Chance): Case {
  const [one, other] = [moment(chance), moment(chance)]
  const [[from, start], [to, end]] = [chance.pick(ZONES), chance.pick(ZONES)]
  const typed = `((${one.date} ${one.time} in ${from}) - (${other.date} ${other.time} in ${to})) to h`
  return { ...dated(typed, ['hoursBetween', one.iso, start, other.iso, end], ' h'), kind: 'time zones' }
}

export const dateKinds = [
  shifted,
  apart,
  weekdays,
  clock,
  spans,
  monthsAndDays,
  workdaysLater,
  workdaysCounted,
  inOtherZone,
  laterInZone,
  apartInZones,
]
