import type { FastifyInstance } from 'fastify'
import { CloseCode, type EventStream } from '../channels/index.ts'
import { HttpError } from '../web/index.ts'
import { DASHBOARD_EVENTS } from './measure.ts'
import type { Processes } from './processes.ts'

/** Streams that one process serves. */
const STREAMS = 50

/**
 * `/dashboard/events`: the activity of all processes, one sample a second, for administrators and their keys with the scope
 * `metrics`.
 */
export async function eventRoutes(
  app: FastifyInstance,
  { processes }: { readonly processes: Processes },
): Promise<void> {
  const streams = new Map<EventStream, number>()
  app.changedPeople.listen(({ id, administrator }) => {
    if (administrator) return
    for (const [stream, user] of streams)
      if (user === id) stream.close(CloseCode.forbidden, 'no longer an administrator')
  })

  app.get(
    '/dashboard/events',
    {
      config: {
        scope: 'metrics',
        waits: true,
        docs: { summary: 'Follow what the server is doing', media: ['text/event-stream'] },
      },
      exposeHeadRoute: false,
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const { identity } = request
      if (!identity) throw new HttpError(401, 'You are not signed in', 'Sign in, then try again.')
      if (!identity.user.administrator)
        throw new HttpError(
          403,
          'You do not have access',
          'Only administrators can see samples.',
          undefined,
          'forbidden',
        )
      if (streams.size >= STREAMS)
        throw new HttpError(503, 'Too many people are watching the dashboard', 'Try again in a moment.', 10)
      let leave = () => {}
      const stream = app.httpFeeds.open(request, reply, DASHBOARD_EVENTS, () => leave())
      if (!stream) return reply
      streams.set(stream, identity.user.id)
      stream.welcome(processes.latest, undefined)
      const unlisten = processes.listen((sample) => stream.event(sample))
      leave = () => {
        unlisten()
        streams.delete(stream)
      }
      return reply
    },
  )
}
