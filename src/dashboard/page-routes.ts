import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { requireAdministrator, requireUser } from '../accounts/index.ts'
import { CHARTS, chartView, seriesOf } from './chart-presentation.ts'
import { processesView } from './presentation.ts'
import { KEPT, type Processes } from './processes.ts'
import { DashboardQuery } from './protocol.ts'

/** `/dashboard`: the activity of all processes, or of one of them, in charts of the last minutes. */
export async function pageRoutes(
  instance: FastifyInstance,
  { processes }: { readonly processes: Processes },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)
  app.addHook('onRequest', requireAdministrator)

  app.get(
    '/dashboard',
    {
      schema: { querystring: DashboardQuery },
      // Needed most when there is too much to do.
      config: { whenOverloaded: true },
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const { process } = request.query
      const history = processes.history(process)
      const name = processes.latest.processes.find(({ id }) => id === process)?.name
      if (!history) return reply.code(404).page('dashboard/gone', { title: 'Dashboard' })
      return reply.page('dashboard/dashboard', {
        title: 'Dashboard',
        shown: process ?? '',
        name: name ?? 'All processes',
        kept: KEPT,
        at: processes.latest.at,
        charts: CHARTS.map((kind) => chartView(kind, seriesOf(kind, history), KEPT)),
        processes: processesView(processes.latest, process),
      })
    },
  )
}
