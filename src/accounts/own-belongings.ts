import type { FastifyInstance } from 'fastify'
import type { Belonging } from './belongings.ts'
import { removePicture } from './pictures/pictures.ts'

/** Sessions that are deleted at once. */
const AT_ONCE = 200

/** The data that accounts keep about a person: who they are, where they are signed in, and their keys by name. */
export function ownBelongings({ apiKeys, database, sessions, usage }: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'profile',
      async read(user) {
        const row = await database
          .selectFrom('users')
          .leftJoin('pictures', 'pictures.user_id', 'users.id')
          .select(['name', 'display_name', 'role', 'time_zone', 'created_at', 'pictures.large'])
          .where('users.id', '=', user)
          .executeTakeFirst()
        if (!row) return { items: [] }
        const { created_at, display_name, large, name: username, role, time_zone } = row
        const picture = large ? `data:image/webp;base64,${Buffer.from(large).toString('base64')}` : null
        return { items: [{ username, name: display_name ?? username, role, time_zone, created_at, picture }] }
      },
      async erase({ id }, _after, job) {
        const freed = await job.transaction((transaction) => removePicture(transaction, id))
        if (freed > 0) await usage.free(id, freed)
        return undefined
      },
    },
    {
      name: 'sessions',
      async read(user) {
        const items = await sessions.list(user)
        return {
          items: items.map(({ address, createdAt: created_at, device, lastSeenAt: last_seen_at }) => ({
            device,
            address,
            created_at,
            last_seen_at,
          })),
        }
      },
      async erase({ id }, _after, job) {
        const { numDeletedRows } = await job.transaction((transaction) =>
          transaction
            .deleteFrom('sessions')
            .where('id', 'in', (some) =>
              some.selectFrom('sessions').select('id').where('user_id', '=', id).limit(AT_ONCE),
            )
            .executeTakeFirstOrThrow(),
        )
        return Number(numDeletedRows) === AT_ONCE ? 'more' : undefined
      },
    },
    {
      name: 'keys',
      async read(user) {
        const items = await apiKeys.list(user)
        return {
          items: items.map(({ createdAt: created_at, lastUsedAt: last_used_at, name, scopes }) => ({
            name,
            scopes,
            created_at,
            last_used_at,
          })),
        }
      },
    },
  ]
}
