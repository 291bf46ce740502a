import type { FastifyInstance } from 'fastify'
import type { Downloads } from '../downloads.ts'
import type { PartStore } from '../part-store.ts'
import type { JobFrame } from '../protocol.ts'
import { accountExportJobs } from './account-export-job.ts'
import { accountExportRoutes } from './account-export-routes.ts'
import { type AccountExport, accountExportOf, accountJobFrame, isUnderWay } from './account-exports.ts'
import { giveUpWithDeleted } from './deleted-messages.ts'
import { sweepAccountExports } from './sweeping.ts'

export interface AccountExportOptions {
  readonly store: PartStore
  readonly downloads: Downloads
  readonly announce: (user: number, frame: JobFrame) => void
}

/** Lets people take away all that is theirs, as a file. */
export async function openAccountExports(
  app: FastifyInstance,
  { announce: announceFrame, downloads, store }: AccountExportOptions,
): Promise<void> {
  const frameOf = (one: AccountExport) => accountFrameOf(app, one)
  const announce = (one: AccountExport) => announceFrame(one.user_id, frameOf(one))
  const queue = accountExportJobs(app, { store, announce })
  giveUpWithDeleted(app, queue)
  sweepAccountExports(app, store, queue)
  app.belongings.add({
    name: 'account exports',
    async erase({ id }, _after, job) {
      const deleted = await job.transaction((transaction) =>
        transaction.deleteFrom('account_exports').where('user_id', '=', id).returning('id').execute(),
      )
      for (const one of deleted) await store.remove(one.id)
      return undefined
    },
  })
  await app.register(accountExportRoutes, { store, queue, downloads, announce, frameOf })
}

/** The export of a person's own data as a frame, if there is one; with `id`, only if it is that one. */
export async function accountJob(
  app: FastifyInstance,
  user: number,
  id: string,
): Promise<JobFrame | undefined> {
  const one = await accountExportOf(app.database, user)
  return one?.id === id ? accountFrameOf(app, one) : undefined
}

/** The same, while it is under way. */
export async function accountJobUnderWay(app: FastifyInstance, user: number): Promise<JobFrame[]> {
  const one = await accountExportOf(app.database, user)
  return one && isUnderWay(one) ? [accountFrameOf(app, one)] : []
}

function accountFrameOf({ belongings }: FastifyInstance, one: AccountExport): JobFrame {
  const steps = belongings.all.filter(({ read }) => read).map(({ name }) => name)
  return accountJobFrame(one, steps)
}
