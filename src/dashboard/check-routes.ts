import type { FastifyInstance } from 'fastify'
import { requireAdministrator, requireUser } from '../accounts/index.ts'
import { listeningUrl } from '../config.ts'
import { type Findings, runChecklist, type Subject } from './checklist/index.ts'

/** Runs that one administrator may ask for in a minute. */
const RUNS_PER_MINUTE = 6

/** The settings of this server that are checked, all but the address on which it listens. */
export type CheckedConfig = Subject['config']

/** `/dashboard/connections/check`: the checklist for when it does not connect, as `bin/partyline doctor` has it. */
export async function checkRoutes(
  app: FastifyInstance,
  { config }: { readonly config: CheckedConfig },
): Promise<void> {
  app.addHook('onRequest', requireUser)
  app.addHook('onRequest', requireAdministrator)
  const running = [...app.rateLimits.sending, ...app.rateLimits.perMinute('checklists', RUNS_PER_MINUTE)]
  let underWay: Promise<Findings> | undefined

  // Otherwise it would be looked for among the connections.
  app.get('/dashboard/connections/check', (_request, reply) => reply.redirect('/dashboard/connections', 303))

  app.post('/dashboard/connections/check', { onRequest: running }, async (_request, reply) => {
    // A request while it runs gets the same answer.
    underWay ??= runChecklist({ config: listening(), database: app.database }).finally(() => {
      underWay = undefined
    })
    const findings = await underWay
    return reply.page('dashboard/checklist', {
      title: 'Trouble connecting?',
      findings: [...findings].map(([point, finding]) => ({ point, ...finding })),
      wrong: [...findings.values()].filter(({ state }) => state === 'wrong').length,
    })
  })

  /** The port may have been picked at the start. */
  function listening(): CheckedConfig {
    const address = app.server.address()
    if (typeof address !== 'object' || !address) return config
    const { host, port, publicUrl } = config
    const isOwn = publicUrl === listeningUrl(host, port)
    return { ...config, port: address.port, publicUrl: isOwn ? listeningUrl(host, address.port) : publicUrl }
  }
}
