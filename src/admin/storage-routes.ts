import type { FastifyInstance } from 'fastify'
import { largestUsers } from '../accounts/index.ts'
import { exportedBytes } from '../exports/index.ts'
import { keptBytes } from '../files/index.ts'
import { largestRooms, MEMBERS_COUNTED } from '../rooms/index.ts'
import { databaseBytes } from '../storage/index.ts'
import { sizeText } from '../text/size.ts'
import { adminPage } from './pages.ts'

/** `/admin/storage`: what takes up the disk, and whose it is. */
export async function storageRoutes(app: FastifyInstance): Promise<void> {
  const { database, rateLimits } = app

  app.get('/admin/storage', { onRequest: rateLimits.reading }, async (_request, reply) => {
    const people = await largestUsers(database)
    return adminPage(reply, '/admin/storage', 'storage', {
      title: 'Storage',
      database: sizeText(await databaseBytes(database)),
      files: sizeText(await keptBytes(database)),
      exports: sizeText(await exportedBytes(database)),
      people: people.map(({ bytes, ...person }) => ({ ...person, size: sizeText(bytes) })),
      rooms: await largestRooms(database),
      membersCounted: MEMBERS_COUNTED,
    })
  })
}
