import { spawnSync } from 'node:child_process'
import { onPath } from './programs.ts'

const program = onPath('promtool')
if (!program && process.env.CI === 'true')
  throw new Error('no promtool on the path: bin/test takes it from the package prometheus')

/** Options of a test that needs promtool. Without it, the test is skipped with the reason. */
export const withPromtool = { skip: program ? false : 'no promtool on the path' } as const

/** Runs promtool to its end. @returns its exit code, and all that it said */
export function promtool(parameters: readonly string[], input = ''): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(program ?? '', parameters, { input, encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}
