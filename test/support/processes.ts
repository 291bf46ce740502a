import type { Test } from 'tap'
import { type ServerProcess, startProcess } from './process.ts'
import { type RedisServer, startRedis } from './redis.ts'
import { temporaryFolder } from './server.ts'
import { Visitor } from './visitor.ts'

/** Two servers that are one Partyline: on one folder and one Redis of their own, until the test ends. */
export interface TwoProcesses {
  readonly redis: RedisServer
  readonly folder: string
  readonly first: ServerProcess
  readonly second: ServerProcess
  /** A person who has just signed up at the first process. */
  person(name: string): Promise<Visitor>
}

/** @param settings as in the environment, for both */
export async function startTwoProcesses(
  t: Test,
  settings: Record<string, string> = {},
): Promise<TwoProcesses> {
  const redis = await startRedis(t)
  const folder = temporaryFolder(t)
  const all = { DATA_DIR: folder, REDIS_URL: redis.url, RATE_LIMIT: '0', ...settings }
  const [first, second] = await Promise.all([startProcess(t, all), startProcess(t, all)])
  return {
    redis,
    folder,
    first,
    second,
    async person(name) {
      const visitor = new Visitor(first.address)
      await visitor.signUp(name)
      return visitor
    },
  }
}

/** The same browser at another server of the same Partyline. */
export function at({ address }: ServerProcess, visitor: Visitor): Visitor {
  const same = new Visitor(address)
  for (const [name, value] of visitor.cookies) same.cookies.set(name, value)
  return same
}
