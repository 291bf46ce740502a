import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { talkingRoomsAfter } from '../rooms/index.ts'
import { runsSideBySide } from '../storage/index.ts'
import { CatchingUp } from './catching-up.ts'
import { Indexer } from './indexer.ts'
import { migrations } from './migrations/index.ts'
import { PostgresIndex } from './postgres/postgres-index.ts'
import { searchRoutes } from './routes.ts'
import { Search } from './search.ts'
import type { SearchIndex } from './search-index.ts'
import { SqliteIndex } from './sqlite/sqlite-index.ts'

export interface SearchOptions {
  /** The folder of the embedded database, which the index is stored beside. */
  readonly directory: string
  /** The secrets of the installation. */
  readonly secrets: readonly string[]
}

/**
 * Full-text search of messages, in any language. The index follows the messages: nothing is written for it together with them, and
 * it can be rebuilt from them at any time.
 */
export const search = fp(async (app: FastifyInstance, { directory, secrets }: SearchOptions) => {
  const { chat, database, historyChanges, log, rooms } = app
  const index = await openIndex(app, directory)
  const hadMessages = await hasMessages()
  const indexer = new Indexer(database, index, log, async () => {
    if (hadMessages) await catchingUp.lookAtRooms()
    else if (await index.isNew()) await index.begin([])
  })
  const catchingUp = new CatchingUp(app, index, indexer)
  chat.onCommitted((room) => indexer.changed(room))
  historyChanges.listen(() => indexer.forget())
  rooms.deletion.onDelete(async (room) => {
    indexer.forget(room)
    return index.forget(room)
  })
  app.addHook('onClose', async () => {
    indexer.close()
    await index.close()
  })
  await app.register(searchRoutes, { search: new Search(app, index), secret: secrets[0] ?? '' })

  /** Tells whether there may be messages from before the index existed. */
  async function hasMessages(): Promise<boolean> {
    for (let after = 0; ; ) {
      const some = await talkingRoomsAfter(database, after, 500)
      if (some.some(({ rev }) => rev > 0)) return true
      const last = some.at(-1)
      if (!last || some.length < 500) return false
      after = last.id
    }
  }
})

async function openIndex(app: FastifyInstance, directory: string): Promise<SearchIndex> {
  const { database, log } = app
  if (!runsSideBySide(database)) return new SqliteIndex(indexPath(directory), log)
  await app.migrate('search', migrations)
  const index = new PostgresIndex(database)
  await index.open()
  return index
}

function indexPath(directory: string): string {
  return join(directory, 'search.sqlite')
}

/** Deletes the index of a folder, after its database was replaced; the next start rebuilds it. Nobody may have it open. */
export function forgetIndex(directory: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(indexPath(directory) + end, { force: true })
}
