import type { Sample, Values } from './protocol.ts'

/** A time in milliseconds, in the unit that fits. */
export function durationText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${short(milliseconds / 1000)} s`
  return `${short(milliseconds)} ms`
}

/** A size in bytes, in the unit that fits. */
export function sizeText(bytes: number): string {
  if (bytes >= 1024 ** 3) return `${short(bytes / 1024 ** 3)} GiB`
  if (bytes >= 1024 ** 2) return `${short(bytes / 1024 ** 2)} MiB`
  if (bytes >= 1024) return `${short(bytes / 1024)} KiB`
  return `${Math.round(bytes)} bytes`
}

/** Three digits are enough to compare by. */
function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })
}

/** One row of the table of processes. */
export interface ProcessRow {
  readonly name: string
  /** The address of the page about it. */
  readonly href: string
  /** True if the page is about it. */
  readonly isShown: boolean
  readonly cells: readonly string[]
}

/** The table of processes as `views/dashboard/processes.eta` shows it. */
export interface ProcessesView {
  readonly columns: readonly string[]
  readonly rows: readonly ProcessRow[]
}

const columns: readonly (readonly [string, (values: Values) => string])[] = [
  ['Connections', ({ connections }) => count(sum(connections))],
  ['In a minute', ({ messages_in }) => count(messages_in)],
  ['Out a minute', ({ messages_out }) => count(messages_out)],
  ['p50', ({ handling_p50 }) => duration(handling_p50)],
  ['p99', ({ handling_p99 }) => duration(handling_p99)],
  ['Errors a minute', ({ errors }) => count(sum(errors))],
  ['Loop delay', ({ event_loop_delay_p99 }) => duration(event_loop_delay_p99)],
  ['Memory', ({ memory }) => sizeText(memory)],
  ['Gaps healed', ({ gaps_healed }) => count(gaps_healed)],
  ['Evaluators killed', ({ evaluators_killed }) => count(evaluators_killed)],
]

/** @param shown the process that the page is about; undefined: all together */
export function processesView({ all, processes }: Sample, shown: string | undefined): ProcessesView {
  const row = (name: string, id: string | undefined, values: Values): ProcessRow => ({
    name,
    href: id === undefined ? '/dashboard' : `/dashboard?process=${encodeURIComponent(id)}`,
    isShown: id === shown,
    cells: columns.map(([, write]) => write(values)),
  })
  return {
    columns: columns.map(([name]) => name),
    rows: [
      row('All processes', undefined, all),
      ...processes.map((values) => row(values.name, values.id, values)),
    ],
  }
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function duration(milliseconds: number | null): string {
  return milliseconds === null ? '–' : durationText(milliseconds)
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, value) => sum + value, 0)
}
