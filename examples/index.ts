/** The features of `examples/`, and `/examples`, the page that lists them. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityOf, requireUser } from '../src/accounts/index.ts'
import { isShown, memberRooms } from '../src/rooms/index.ts'
import { exampleBelongings } from './belongings.ts'
import { connectFour } from './connect-four/index.ts'
import { cursors } from './cursors/index.ts'
import { linesOf, list } from './list.ts'
import { notes } from './notes/index.ts'
import { poll } from './poll/index.ts'
import { questions } from './questions/index.ts'
import { support } from './support/index.ts'
import { ticker } from './ticker/index.ts'

export async function examples(app: FastifyInstance): Promise<void> {
  app.register(poll)
  app.register(cursors)
  app.register(connectFour)
  app.register(ticker)
  app.register(questions)
  app.register(notes)
  app.register(support)
  app.register(exampleBelongings)
  const counted = list.map((example) => ({ ...example, lines: linesOf(example.name) }))

  type Page = FastifyRequest<{ Querystring: { room?: unknown } }>
  const options = { onRequest: [requireUser, ...app.rateLimits.reading] }
  app.get('/examples', options, async (request: Page, reply) => {
    const rooms = (await memberRooms(app.database, identityOf(request).user.id)).filter(isShown)
    const room = rooms.find(({ slug }) => slug === request.query.room) ?? rooms[0]
    return reply.page('examples/examples', { title: 'Examples', examples: counted, rooms, room })
  })
}
