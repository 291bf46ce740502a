import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ChannelEvent } from '../channels/index.ts'
import type { Database } from '../storage/index.ts'
import { accountJobUnderWay, openAccountExports } from './account/index.ts'
import { exportBelongings } from './belongings.ts'
import { Downloads } from './downloads.ts'
import { exportJobs } from './export-job.ts'
import { exportsUnderWay, jobFrame } from './exports.ts'
import { migrations } from './migrations/index.ts'
import { FolderStore, RowStore } from './part-store.ts'
import type { JobFrame } from './protocol.ts'
import { exportsEraser } from './room-contents.ts'
import { exportRoutes } from './routes.ts'
import { keepDeletedOut } from './stale-parts.ts'
import { sweepExports } from './sweeping.ts'
import type {} from './tables.ts'

export interface ExportsOptions {
  /** `DATA_DIR`, in which files are kept. */
  readonly directory: string
  /** True if the database is one that processes on several machines share: files are kept there then. */
  readonly inDatabase: boolean
}

/** Something that a person asked for has come further. */
export interface JobChanged extends ChannelEvent {
  readonly type: 'jobs.changed'
  readonly frame: JobFrame
}

/** The group of a person for the progress of their jobs. */
export function jobsGroup(user: number): string {
  return `person.${user}.jobs`
}

/** The bytes of all exported files that are kept. */
export async function exportedBytes(database: Database): Promise<number> {
  const sums = await Promise.all(
    (['exports', 'account_exports'] as const).map((table) =>
      database
        .selectFrom(table)
        .select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
        .executeTakeFirst(),
    ),
  )
  return sums.reduce((sum, row) => sum + Number(row?.bytes ?? 0), 0)
}

/** The jobs of a person that are not done, as frames. */
export async function jobsUnderWay(app: FastifyInstance, user: number): Promise<JobFrame[]> {
  const rooms = (await exportsUnderWay(app.database, user)).map(jobFrame)
  return [...(await accountJobUnderWay(app, user)), ...rooms]
}

/** Rooms as files for people who may read them, made by jobs and kept for a day. */
export const exports = fp(async (app: FastifyInstance, { directory, inDatabase }: ExportsOptions) => {
  const { channelLayer, log } = app
  await app.migrate('exports', migrations)
  const store = inDatabase ? new RowStore() : new FolderStore(directory)
  const announce = (user: number, frame: JobFrame) => {
    const event: JobChanged = { type: 'jobs.changed', frame }
    channelLayer
      .groupSend(jobsGroup(user), event)
      .catch((error) => log.warn({ err: error }, 'the progress of an export was not announced'))
  }
  const queue = exportJobs(app, { store, announce })
  keepDeletedOut(app, queue)
  app.belongings.add(...exportBelongings(app, store))
  sweepExports(app, store, queue)
  app.rooms.deletion.onDelete(exportsEraser(app, store))
  const downloads = new Downloads()
  await app.register(exportRoutes, { store, queue, announce, downloads })
  const accountStore = inDatabase ? new RowStore() : new FolderStore(directory, 'account-exports')
  await openAccountExports(app, { store: accountStore, downloads, announce })
})

export { JobFrame } from './protocol.ts'
