import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { administeredPeople } from '../accounts/index.ts'
import { countFailedJobs } from '../jobs/index.ts'
import { administeredRooms, countDirectRooms, MEMBERS_COUNTED } from '../rooms/index.ts'
import { databaseBytes } from '../storage/index.ts'
import { sizeText } from '../text/size.ts'
import { adminPage } from './pages.ts'

/** People and rooms that the overview names. */
const NEWEST = 5

/** `/admin`: what an administrator should know at a glance. */
export async function overviewRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, signUpPolicy } = app

  app.get('/admin', { onRequest: rateLimits.reading }, async (_request, reply) => {
    const { people } = await administeredPeople(database, '', 1, NEWEST)
    const { rooms } = await administeredRooms(database, '', 1, NEWEST)
    return adminPage(reply, '/admin', 'overview', {
      title: 'Administration',
      people,
      rooms,
      direct: await countDirectRooms(database),
      membersCounted: MEMBERS_COUNTED,
      failed: await countFailedJobs(database),
      isOpen: await signUpPolicy.isOpen(),
      size: sizeText(await databaseBytes(database)),
    })
  })
}
