import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { onPath, outlived } from '../../support/programs.ts'
import type { Answer, Oracle } from './case.ts'

export interface Conversion {
  readonly from: string
  readonly to: string
}

/** GNU units, started once for each group of questions. It computes in doubles. Undefined where it is missing. */
export function startGnuUnits(): Oracle<Conversion> | undefined {
  if (!onPath('units')) return undefined
  return {
    async ask(conversions) {
      const child = outlived(['units', '--terse', '--output-format', '%.17g'], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', UNITS_ENGLISH: 'US' },
      })
      const { stdin, stdout } = child
      if (!stdin || !stdout) throw new Error('GNU units has no pipes')
      const ended = once(child, 'exit')
      stdin.end(conversions.map(({ from, to }) => `${from}\n${to}\n`).join(''))
      const said = (await text(stdout)).trimEnd().split('\n')
      await ended
      if (said.length !== conversions.length)
        throw new Error(`GNU units gave ${said.length} answers to ${conversions.length} questions`)
      return said.map(
        (line): Answer => (/^-?[\d.]+(e[+-]?\d+)?$/.test(line) ? { digits: line } : { skip: line }),
      )
    },
    close: () => {},
  }
}
