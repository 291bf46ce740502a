import type { FastifyInstance } from 'fastify'
import type { Belonging } from './belongings.ts'
import { removePicture } from './pictures/pictures.ts'

/** Sessions, and blocks by others, that are deleted at once. */
const AT_ONCE = 200

/** The data that accounts keep about a person: who they are, where they are signed in, and their keys by name. */
export function ownBelongings({
  apiKeys,
  blocks,
  database,
  sessions,
  usage,
}: FastifyInstance): readonly Belonging[] {
  return [
    {
      name: 'profile',
      async read(user) {
        const row = await database
          .selectFrom('users')
          .leftJoin('pictures', 'pictures.user_id', 'users.id')
          .leftJoin('profiles', 'profiles.user_id', 'users.id')
          .select(['name', 'display_name', 'role', 'time_zone', 'hides_reading', 'created_at'])
          .select(['pictures.large', 'pronouns', 'status_emoji', 'status_text', 'status_until'])
          .where('users.id', '=', user)
          .executeTakeFirst()
        if (!row) return { items: [] }
        const { created_at, display_name, hides_reading, large, name: username, role, time_zone } = row
        const { pronouns, status_emoji, status_text, status_until } = row
        const profile = { pronouns, status_emoji, status_text, status_until }
        const about = { username, name: display_name ?? username, role, time_zone, ...profile }
        const picture = large ? `data:image/webp;base64,${Buffer.from(large).toString('base64')}` : null
        return { items: [{ ...about, shows_reading: hides_reading === 0, created_at, picture }] }
      },
      async erase({ id }, _after, job) {
        const freed = await job.transaction(async (transaction) => {
          await transaction.deleteFrom('profiles').where('user_id', '=', id).execute()
          return removePicture(transaction, id)
        })
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
    {
      name: 'blocked',
      async read(user) {
        const people = await blocks.list(user)
        return { items: people.map(({ blockedAt: blocked_at, name }) => ({ name, blocked_at })) }
      },
      async erase({ id, keepsMessages }, _after, job) {
        return job.transaction(async (transaction) => {
          await transaction.deleteFrom('blocks').where('user_id', '=', id).execute()
          // As long as their messages exist, these stay folded for people who blocked them.
          if (keepsMessages) return undefined
          const { numDeletedRows } = await transaction
            .deleteFrom('blocks')
            .where('blocked_id', '=', id)
            .where('user_id', 'in', (some) =>
              some.selectFrom('blocks').select('user_id').where('blocked_id', '=', id).limit(AT_ONCE),
            )
            .executeTakeFirstOrThrow()
          return Number(numDeletedRows) === AT_ONCE ? 'more' : undefined
        })
      },
    },
  ]
}
