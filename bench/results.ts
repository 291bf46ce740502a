import type { Faults } from './job.ts'
import type { Sample } from './measure.ts'
import type { Peer } from './peers.ts'
import type { Scenario } from './scenarios.ts'

/** The medians of a peer's runs. */
export interface Result {
  readonly peer: Peer
  readonly scenario: Scenario
  readonly figure: number
  /** To the naive loop on `ws` in the same run. */
  readonly ratio: number | undefined
  readonly answered: number | undefined
  readonly p50: number | undefined
  readonly p99: number | undefined
  /** Of all runs together, and in words. */
  readonly faults: string
  /** Share of a core that the server used, that the kernel used for it, and that the generator used. */
  readonly server: number | undefined
  readonly kernel: number | undefined
  readonly generator: number | undefined
}

/** Above this share of its core the generator may be what limits. */
const BUSY_GENERATOR = 0.9

export function summarize(scenario: Scenario, runs: ReadonlyMap<Peer, readonly Sample[]>): Result[] {
  const results = [...runs].map(([peer, samples]) => resultOf(scenario, peer, samples))
  const naive = results.find((result) => result.peer.name === 'ws')?.figure
  return results.map((result) => ({ ...result, ratio: naive ? result.figure / naive : undefined }))
}

function resultOf(scenario: Scenario, peer: Peer, samples: readonly Sample[]): Result {
  const middle = (pick: (sample: Sample) => number | undefined) => median(samples.map(pick))
  return {
    peer,
    scenario,
    figure: middle((sample) => sample.figure) ?? 0,
    ratio: undefined,
    answered: middle((sample) => sample.answered),
    p50: middle((sample) => sample.p50),
    p99: middle((sample) => sample.p99),
    faults: faultsOf(samples),
    server: middle((sample) => sample.load?.server),
    kernel: middle((sample) => sample.load?.serverKernel),
    generator: middle((sample) => sample.load?.generator),
  }
}

function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}

const faultNames = {
  missing: 'missing',
  doubled: 'duplicated',
  disordered: 'out of order',
  otherOrder: 'members with another order',
  errors: 'errors',
  closed: 'closed',
} as const satisfies Record<keyof Faults, string>

function faultsOf(samples: readonly Sample[]): string {
  return Object.entries(faultNames)
    .map(([fault, name]) => ({
      name,
      count: samples.reduce((sum, { faults }) => sum + (Reflect.get(faults ?? {}, fault) ?? 0), 0),
    }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${number(count)} ${name}`)
    .join(', ')
}

/** One scenario, a peer a row. */
export function table(scenario: Scenario, results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { peer, figure, ratio, p50, p99, faults, server, kernel, generator, answered } = result
    const generatorText = `${percent(generator)}${(generator ?? 0) > BUSY_GENERATOR ? ': a lower bound' : ''}`
    return [
      peer.title,
      number(figure) + (answered === undefined ? '' : ` (first result ${number(answered)} later)`),
      ratio === undefined ? '' : number(ratio),
      number(p50),
      number(p99),
      server === undefined ? '' : `${percent(server)} (${percent(kernel)})`,
      scenario.better === 'more' ? perCore(figure, server) : '',
      generatorText,
      faults || '–',
    ]
  })
  const head = [
    '',
    scenario.unit,
    'to `ws`',
    'p50, ms',
    'p99, ms',
    'server’s core (kernel)',
    'for each second of it',
    'generator’s core',
    'missing, duplicated, out of order',
  ]
  return markdownTable(head, rows)
}

/** The table for a page of documentation: a row for each scenario, and columns for some peers. */
export function overview(results: readonly Result[], scenarios: readonly Scenario[]): string {
  const peers = [...new Map(results.map(({ peer }) => [peer.title, peer])).values()]
  const rows = scenarios.map((scenario) => [
    `**${scenario.name}**: ${scenario.work} (${scenario.unit})`,
    ...peers.map((peer) => {
      const result = results.find((each) => each.scenario === scenario && each.peer === peer)
      if (!result) return ''
      const ratio = result.ratio === undefined || peer.name === 'ws' ? '' : ` (${number(result.ratio)})`
      return `${number(result.figure)}${ratio}${result.faults ? ' †' : ''}`
    }),
  ])
  return markdownTable(['', ...peers.map((peer) => peer.title)], rows)
}

function markdownTable(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

function percent(share: number | undefined): string {
  return share === undefined ? '' : `${Math.round(share * 100)} %`
}

/** The figure per core in use, which stays comparable on a machine that is also doing other work. */
function perCore(figure: number, server: number | undefined): string {
  return server ? number(figure / server) : ''
}

/** Three digits that count. */
export function number(value: number | undefined): string {
  if (value === undefined) return ''
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 3 })
}
