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

export const dateKinds = [shifted, apart, weekdays, clock, spans]
