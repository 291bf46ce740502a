// First: it changes what the product is going to load.
import './passwords.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Test } from 'tap'
import { buildApp, type Tuning } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { expectDocumented } from './api-contract.ts'
import { dataSettings, keepsDataInFolders } from './database.ts'
import { copyMigrated } from './migrated.ts'
import { Visitor } from './visitor.ts'

export interface TestServer {
  readonly app: FastifyInstance
  /** Its address: `http://127.0.0.1:PORT`. */
  readonly address: string
  /** A visitor who has just opened a browser. */
  visitor(headers?: Record<string, string>): Visitor
  /** A person who has just signed up. */
  person(name: string): Promise<Visitor>
}

/** An empty folder that is gone when the test is. */
export function temporaryFolder(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'partyline-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * The whole product in this process, on a free port and a folder of its own, until the test ends. Its evaluators are started
 * by whoever calculates first: most tests calculate nothing, and two evaluators take longer to start than all the rest.
 * @param settings as in the environment
 * @param guest adds what the test needs, such as a route or consumer of its own
 */
export async function startServer(
  t: Test,
  settings: Record<string, string> = {},
  tuning: Tuning = {},
  guest?: FastifyPluginAsync,
): Promise<TestServer> {
  const folder = settings.DATA_DIR ?? temporaryFolder(t)
  if (settings.DATA_DIR === undefined && keepsDataInFolders()) await copyMigrated(folder)
  const data = await dataSettings(folder)
  const config = readConfig({ LOG_LEVEL: 'silent', ...data, ...settings })
  const app = await buildApp(config, { startEvaluators: 'when-needed', ...tuning }, guest)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const expectNothing = expectDocumented(app, address, guest !== undefined)
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= app.close().then(expectNothing)
    return closed
  }
  t.teardown(close)
  startedBy.set(t, [...(startedBy.get(t) ?? []), close])
  return serverAt(app, address)
}

/** What closes the servers of each test. */
const startedBy = new WeakMap<Test, (() => Promise<void>)[]>()

/** Closes the servers that a test has started so far, before its end. */
export async function closeServers(t: Test): Promise<void> {
  const started = startedBy.get(t) ?? []
  startedBy.delete(t)
  await Promise.all(started.map((close) => close()))
}

function serverAt(app: FastifyInstance, address: string): TestServer {
  return {
    app,
    address,
    visitor: (headers) => new Visitor(address, headers),
    async person(name) {
      const visitor = new Visitor(address)
      await visitor.signUp(name)
      return visitor
    },
  }
}
