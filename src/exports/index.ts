import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { ChannelEvent } from '../channels/index.ts'
import type { Database } from '../storage/index.ts'
import { exportBelongings } from './belongings.ts'
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

/** The group of a person for what becomes of what they asked for. */
export function jobsGroup(user: number): string {
  return `person.${user}.jobs`
}

/** The bytes of all exported files that are kept. */
export async function exportedBytes(database: Database): Promise<number> {
  const row = await database
    .selectFrom('exports')
    .select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}

/** The jobs of a person that are not done, as frames. */
export async function jobsUnderWay(database: Database, user: number): Promise<JobFrame[]> {
  return (await exportsUnderWay(database, user)).map(jobFrame)
}

/** Rooms as files for those who may read them, made by jobs and kept for a day. */
export const exports = fp(async (app: FastifyInstance, { directory, inDatabase }: ExportsOptions) => {
  const { channelLayer, log } = app
  await app.migrate('exports', migrations)
  const store = inDatabase ? new RowStore() : new FolderStore(directory)
  const announce = (user: number, frame: JobFrame) => {
    const event: JobChanged = { type: 'jobs.changed', frame }
    channelLayer
      .groupSend(jobsGroup(user), event)
      .catch((error) => log.warn({ err: error }, 'how far an export has come was not announced'))
  }
  const queue = exportJobs(app, { store, announce })
  keepDeletedOut(app, queue)
  app.belongings.add(...exportBelongings(app, store))
  sweepExports(app, store, queue)
  app.rooms.deletion.onDelete(exportsEraser(app, store))
  await app.register(exportRoutes, { store, queue, announce })
})

export type { JobFrame } from './protocol.ts'
