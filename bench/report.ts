import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine, pins, ROOT } from './machine.ts'
import type { Scale } from './measure.ts'
import { overview, type Result, table } from './results.ts'
import { type Scenario, scenarios } from './scenarios.ts'

/** The part of the README that the bench writes, between two comments. */
const BEGIN = '<!-- What follows is written by `npm run bench`. -->'
const END = '<!-- Written by `npm run bench` up to here. -->'

/** Columns of the short table: the other peers are in the long one. */
const SHOWN = ['partyline', 'bun-sqlite', 'bun', 'ws', 'socket.io', 'channels-redis']
const SHOWN_SHARED = ['partyline', 'partyline-postgres', 'ws', 'socket.io-sharded', 'channels-pubsub']

/** All that came out, with what it takes to repeat it. */
export function report(
  results: readonly Result[],
  { minutes, repeats, scale, busyness }: { minutes: number; repeats: number; scale: Scale; busyness: number },
): string {
  const tables = measured(results).map(
    (scenario) =>
      `## ${scenario.name}\n${sentence(scenario.work)}${scenario.shared ? ', over Redis' : ''}. ${scenario.better === 'more' ? 'More' : 'Less'} is better.\n\n${table(
        scenario,
        results.filter((result) => result.scenario === scenario),
      )}\n`,
  )
  return `# What the bench measured
Written by \`npm run bench\` on ${today()} in ${Math.round(minutes)} minutes: ${repeats === 1 ? 'one run' : `medians of ${repeats} runs`}, the peers in turn,
${scale.duration / 1000} s each after ${scale.warmUp / 1000} s of warming up. [How to read it](README.md).

- ${machine()}; ${pins ? 'server and load generator each on a core of its own' : 'not pinned to cores'}
- Before the start the machine had a load of ${busyness.toFixed(1)}; what is measured on a busy machine is too low, and its times are too long
- ${versions()}

${tables.join('\n')}`
}

/** The README with the short table in its place. @throws where the two comments are missing */
export function withSection(readme: string, results: readonly Result[]): string {
  const [before, rest] = readme.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`README.md has no place for results: ${BEGIN}`)
  return `${before}${BEGIN}\n${section(results)}\n${END}${after}`
}

function section(results: readonly Result[]): string {
  const alone = measured(results).filter(({ shared }) => !shared)
  const together = measured(results).filter(({ shared }) => shared)
  const shown = (names: readonly string[], shared: boolean) =>
    results.filter(({ peer, scenario }) => names.includes(peer.name) && scenario.shared === shared)
  return `![Deliveries a second, beside others](bench/results.svg)

Measured on ${today()}, on ${machine()}; in brackets, the ratio to the naive loop.

${overview(shown(SHOWN, false), alone)}
${together.length > 0 ? `\nTwo processes of each over one Redis:\n\n${overview(shown(SHOWN_SHARED, true), together)}\n` : ''}
† something was not delivered in time, duplicated or out of order: [what exactly, and everything else](bench/results.md).`
}

function measured(results: readonly Result[]): Scenario[] {
  return scenarios.filter((scenario) => results.some((result) => result.scenario === scenario))
}

function versions(): string {
  const ofPackage = (name: string) =>
    `${name} ${JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version}`
  const ofDebian = ['python3-django-channels', 'uvicorn', 'daphne', 'redis-server'].flatMap((name) => {
    const version = output('dpkg-query', ['-W', name])
    return version ? [version.replace('\t', ' ')] : []
  })
  const commit = output('git', ['rev-parse', '--short', 'HEAD'])
  return [
    `Partyline ${commit ?? ''}`.trim(),
    `Node ${process.versions.node}`,
    ...['fastify', 'ws', 'socket.io', 'bun'].map(ofPackage),
    ...ofDebian,
  ].join(', ')
}

function output(program: string, parameters: readonly string[]): string | undefined {
  try {
    const text = execFileSync(program, parameters, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return text.trim() || undefined
  } catch {
    return undefined
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
