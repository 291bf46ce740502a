/**
 * `npm run bench`: measures the product beside its peers, and writes down what came out.
 *   -- --scenario busy   one scenario; may stand more than once
 *   -- --peer partyline  one peer; may stand more than once
 *   -- --repeats 1       instead of 3
 *   -- --quick           once and shorter, to look; nothing is written
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { onPath, ROOT } from './machine.ts'
import type { Sample, Scale } from './measure.ts'
import { type Peer, peers, sharingPeers, startRedis, tidyUp } from './peers.ts'
import { report, withSection } from './report.ts'
import { type Result, summarize, table } from './results.ts'
import { measure, type Scenario, scenarios } from './scenarios.ts'

const full: Scale = {
  members: 1_000,
  talkers: 50,
  rooms: 100,
  calculators: 50,
  idle: 5_000,
  pages: 32,
  sheets: {
    dependent: 200,
    large: 1_000,
    edits: 60,
    openings: 20,
    pause: 1_000,
    writers: 50,
    hostile: 20_000,
  },
  searched: 1_000_000,
  searches: 100,
  warmUp: 3_000,
  pagesWarmUp: 15_000,
  duration: 2_000,
  settle: 2_000,
}

const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    peer: { type: 'string', multiple: true },
    repeats: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
  },
})
const scale = options.quick ? { ...full, warmUp: 1_000, pagesWarmUp: 5_000, duration: 1_000 } : full
const repeats = options.quick ? 1 : Number(options.repeats)
const whole = !options.quick && !options.scenario && !options.peer

const wanted = scenarios.filter(({ isLong, name }) => options.scenario?.includes(name) ?? !isLong)
if (!(repeats >= 1)) {
  console.error('--repeats takes a number from 1')
  process.exit(1)
}
if (wanted.length === 0) {
  console.error(`--scenario takes ${scenarios.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const [busyness = 0] = loadavg()
const began = performance.now()
const results: Result[] = []
for (const shared of [false, true]) {
  const these = wanted.filter((scenario) => scenario.shared === shared)
  if (these.length > 0) results.push(...(await (shared ? measureShared(these) : measureAll(these, peers))))
}
await tidyUp()
const minutes = (performance.now() - began) / 60_000

if (whole) {
  const overall = report(results, { minutes, repeats, scale, busyness })
  writeFileSync(join(import.meta.dirname, 'results.md'), overall)
  writeFileSync(join(import.meta.dirname, 'results.svg'), chart(results))
  const readme = join(ROOT, 'README.md')
  writeFileSync(readme, withSection(readFileSync(readme, 'utf8'), results))
  console.log('Written to bench/results.md, bench/results.svg and README.md.')
}

async function measureShared(these: readonly Scenario[]): Promise<Result[]> {
  if (!onPath('redis-server')) {
    console.log('redis-server is not installed: nothing was measured over Redis.')
    return []
  }
  return measureAll(these, sharingPeers)
}

/** Each peer in turn, and that several times: what else the machine does meets all of them. */
async function measureAll(these: readonly Scenario[], all: readonly Peer[]): Promise<Result[]> {
  const runs = new Map(these.map((scenario) => [scenario, new Map<Peer, Sample[]>()]))
  const chosen = all.filter(({ name }) => options.peer?.includes(name) ?? true)
  for (const { title, missing } of chosen) {
    if (missing) console.log(`${title} is not measured: it takes ${missing}.`)
  }
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    for (const scenarioGroup of groups(these)) {
      for (const peer of chosen.filter(({ missing }) => !missing)) {
        const due = scenarioGroup.filter((scenario) => scenario.peers?.includes(peer.name) ?? true)
        if (due.length === 0) continue
        process.stdout.write(
          `${repeat}/${repeats} ${due.map(({ name }) => name).join(', ')}: ${peer.title}\n`,
        )
        for (const [scenario, sample] of await measureOne(peer, due).catch((error) => gaveUp(peer, error))) {
          const samples = runs.get(scenario) ?? new Map<Peer, Sample[]>()
          samples.set(peer, [...(samples.get(peer) ?? []), sample])
        }
      }
    }
  }
  return [...runs].flatMap(([scenario, samples]) => {
    const summary = summarize(scenario, samples)
    console.log(`\n${scenario.name}: ${scenario.work}\n${table(scenario, summary)}`)
    return summary
  })
}

/** One run that failed says so, and is left out: the others count. */
function gaveUp({ title }: Peer, error: unknown): Map<Scenario, Sample> {
  console.error(`${title}: ${error}`)
  return new Map()
}

async function measureOne(peer: Peer, due: readonly Scenario[]): Promise<Map<Scenario, Sample>> {
  const shared = due.some((scenario) => scenario.shared)
  if (!shared && !peer.name.includes('redis')) return measure(peer, due, scale, { processes: 1 })
  const redis = await startRedis()
  try {
    return await measure(peer, due, scale, { processes: shared ? 2 : 1, redisUrl: redis.url })
  } finally {
    await redis.stop()
  }
}

/** Scenarios on the same sockets stay together; the others run one at a time, so that peers follow each other closely. */
function groups(these: readonly Scenario[]): Scenario[][] {
  const room = these.filter(({ name }) => ['calm', 'solo', 'busy'].includes(name))
  const rest = these.filter((scenario) => !room.includes(scenario)).map((scenario) => [scenario])
  return room.length > 0 ? [room, ...rest] : rest
}
