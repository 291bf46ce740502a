import { durationText, sizeText } from './presentation.ts'
import type { Values } from './protocol.ts'

/** One line of a chart: a value for each second, oldest first; null if there was none. */
export interface Series {
  readonly name: string
  readonly values: readonly (number | null)[]
}

export interface ChartKind {
  readonly id: string
  readonly title: string
  /** Explains what is counted, where the title does not. */
  readonly note: string
  readonly write: (value: number) => string
  /** The smallest value at the top of the axis. */
  readonly least: number
  /** True if there is a line for each consumer, of which those that do nothing are left out. */
  readonly isByConsumer?: boolean
  readonly pick: (values: Values) => Readonly<Record<string, number | null>>
}

const count = (value: number) => Math.round(value).toLocaleString('en')

export const CHARTS: readonly ChartKind[] = [
  {
    id: 'connections',
    title: 'Connections',
    note: 'Open sockets and event streams.',
    write: count,
    least: 4,
    isByConsumer: true,
    pick: ({ connections }) => connections,
  },
  {
    id: 'messages-in',
    title: 'Messages in',
    note: 'Frames received per minute.',
    write: count,
    least: 10,
    pick: (values) => ({ received: values.messages_in }),
  },
  {
    id: 'messages-out',
    title: 'Messages out',
    note: 'Frames sent per minute.',
    write: count,
    least: 10,
    pick: (values) => ({ sent: values.messages_out }),
  },
  {
    id: 'handling',
    title: 'Handling time',
    note: 'Half of all frames are handled within p50, 99% within p99.',
    write: durationText,
    least: 1,
    pick: (values) => ({ p50: values.handling_p50, p99: values.handling_p99 }),
  },
  {
    id: 'errors',
    title: 'Errors',
    note: 'Frames answered with an error, per minute.',
    write: count,
    least: 4,
    isByConsumer: true,
    pick: ({ errors }) => errors,
  },
  {
    id: 'event-loop',
    title: 'Event-loop delay',
    note: 'How late the process is for work that is due.',
    write: durationText,
    least: 20,
    pick: (values) => ({ p99: values.event_loop_delay_p99, longest: values.event_loop_delay_max }),
  },
  {
    id: 'memory',
    title: 'Memory',
    note: 'Memory of the process, and the part of it that is heap.',
    write: sizeText,
    least: 128 * 1024 * 1024,
    pick: (values) => ({ process: values.memory, heap: values.heap }),
  },
  {
    id: 'gaps',
    title: 'Gaps healed',
    note: 'How often per minute changes were read that the channel layer had not delivered.',
    write: count,
    least: 4,
    pick: (values) => ({ healed: values.gaps_healed }),
  },
  {
    id: 'evaluators',
    title: 'Evaluators killed',
    note: 'Calculations that took too long, per minute.',
    write: count,
    least: 4,
    pick: (values) => ({ killed: values.evaluators_killed }),
  },
  {
    id: 'jobs',
    title: 'Jobs',
    note: 'Waiting, and permanently failed.',
    write: count,
    least: 4,
    pick: (values) => ({ waiting: values.jobs_waiting, failed: values.jobs_failed }),
  },
]

/** Lines in one chart; those of more consumers are added up. */
const LINES = 6

/** The plot, in units of its drawing, which a page stretches. */
const WIDTH = 600
const HEIGHT = 120

/** A line as it is drawn. */
export interface LineView {
  readonly name: string
  /** The number of its colour and dashes, from 0. */
  readonly style: number
  /** The path in the drawing. */
  readonly path: string
  /** Its value now. */
  readonly now: string
}

/** A chart as `views/dashboard/chart.eta` shows it. */
export interface ChartView {
  readonly id: string
  readonly title: string
  readonly note: string
  readonly width: number
  readonly height: number
  readonly lines: readonly LineView[]
  /** The value at the top of the axis. */
  readonly top: string
  /** The age of the left end. */
  readonly span: string
  /** A sentence that describes the lines. */
  readonly summary: string
  /** The values, for the browser's script, as JSON. */
  readonly series: string
}

/** The lines of a chart over a history. */
export function seriesOf(kind: ChartKind, history: readonly Values[]): Series[] {
  const picked = history.map(kind.pick)
  const names = new Set(picked.flatMap((values) => Object.keys(values)))
  return [...names].map((name) => ({ name, values: picked.map((values) => values[name] ?? null) }))
}

/** Adds a second to the lines of a chart. @param kept seconds that it shows */
export function addSecond(
  kind: ChartKind,
  series: readonly Series[],
  values: Values,
  kept: number,
): Series[] {
  const picked = kind.pick(values)
  const length = Math.max(0, ...series.map(({ values }) => values.length))
  const names = new Set([...series.map(({ name }) => name), ...Object.keys(picked)])
  return [...names].map((name) => {
    const before = series.find((line) => line.name === name)?.values ?? Array<null>(length).fill(null)
    return { name, values: [...before, picked[name] ?? null].slice(-kept) }
  })
}

export function chartView(kind: ChartKind, all: readonly Series[], kept: number): ChartView {
  const series = kind.isByConsumer ? shownOf(all) : all
  const top = niceTop(Math.max(kind.least, ...series.map(highest)), kind.write === sizeText)
  const write = (value: number | null | undefined) => (value == null ? 'none' : kind.write(value))
  const lines = series.map((line, style) => ({
    name: line.name,
    style,
    path: pathOf(line.values, top, kept),
    now: write(line.values.at(-1)),
  }))
  const minutes = Math.round(kept / 60)
  const said = series.map(
    (line, index) => `${line.name} ${lines[index]?.now} now, at most ${write(highest(line))}`,
  )
  return {
    id: kind.id,
    title: kind.title,
    note: kind.note,
    width: WIDTH,
    height: HEIGHT,
    lines,
    top: kind.write(top),
    span: `${minutes} min ago`,
    summary: `${kind.title} in the last ${minutes} minutes: ${said.join('; ') || 'none'}.`,
    series: JSON.stringify(all.map(({ name, values }) => [name, values])),
  }
}

/** Reads what `ChartView.series` holds. */
export function readSeries(text: string): Series[] {
  const read: [string, (number | null)[]][] = JSON.parse(text)
  return read.map(([name, values]) => ({ name, values }))
}

/** Without lines of nothing but zeros, and with the smallest of too many added up. */
function shownOf(all: readonly Series[]): readonly Series[] {
  const some = all.filter((line) => highest(line) > 0)
  if (some.length <= LINES) return some
  const large = new Set([...some].sort((one, other) => highest(other) - highest(one)).slice(0, LINES - 1))
  const others = some.filter((line) => !large.has(line))
  const length = Math.max(...others.map(({ values }) => values.length))
  const values = Array.from({ length }, (_, index) =>
    others.reduce((sum, line) => sum + (line.values[index] ?? 0), 0),
  )
  return [...some.filter((line) => large.has(line)), { name: 'others', values }]
}

function highest({ values }: Series): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
}

/** The next of 1, 2 and 5 times a power of ten, or of 1,024. */
function niceTop(value: number, isBinary: boolean): number {
  const unit = isBinary ? 1024 ** Math.floor(Math.log2(value) / 10) : 1
  const power = 10 ** Math.floor(Math.log10(value / unit))
  const step = [1, 2, 5, 10].find((step) => step * power * unit >= value) ?? 10
  return step * power * unit
}

/** A line from left to right; the newest value is at the right end. */
function pathOf(values: readonly (number | null)[], top: number, kept: number): string {
  const from = kept - values.length
  let path = ''
  let isDrawing = false
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false
      continue
    }
    const x = Math.round(((from + index) / (kept - 1)) * WIDTH * 10) / 10
    const y = Math.round((1 - value / top) * HEIGHT * 10) / 10
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`
    isDrawing = true
  }
  return path
}
