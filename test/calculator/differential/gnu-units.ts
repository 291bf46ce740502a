import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { onPath, outlived } from '../../support/programs.ts'
import type { Answer, Oracle } from './case.ts'

export interface Conversion {
  readonly from: string
  readonly to: string
}

/** GNU units' answers, and whether it knows a name at all. */
export interface GnuUnits extends Oracle<Conversion> {
  /** Tells of each name, of ASCII letters alone, whether it is a unit. */
  knows(names: readonly string[]): Promise<boolean[]>
}

/** GNU units, started once for each group of questions. It computes in doubles. Undefined where it is missing. */
export function startGnuUnits(): GnuUnits | undefined {
  if (!onPath('units')) return undefined
  return {
    async ask(conversions) {
      const said = await answers(conversions.flatMap(({ from, to }) => [from, to]))
      if (said.length !== conversions.length)
        throw new Error(`GNU units gave ${said.length} answers to ${conversions.length} questions`)
      return said.map(
        (line): Answer => (/^-?[\d.]+(e[+-]?\d+)?$/.test(line) ? { digits: line } : { skip: line }),
      )
    },
    async knows(names) {
      // An empty line in place of the unit to convert to asks for the definition.
      const said = await answers(names.flatMap((name) => [`1 ${name}`, '']))
      if (said.length !== names.length)
        throw new Error(`GNU units gave ${said.length} answers to ${names.length} names`)
      return said.map((line) => !line.startsWith('Unknown unit'))
    },
    close: () => {},
  }
}

async function answers(lines: readonly string[]): Promise<string[]> {
  const child = outlived(['units', '--terse', '--output-format', '%.17g'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', UNITS_ENGLISH: 'US' },
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('GNU units has no pipes')
  const ended = once(child, 'exit')
  stdin.end(lines.map((line) => `${line}\n`).join(''))
  const said = (await text(stdout)).trimEnd()
  await ended
  // Two lines that say what was compared follow such an error.
  const whole = said.replaceAll(/^(conformability error)\n.*\n.*$/gm, '$1')
  return whole === '' ? [] : whole.split('\n')
}
