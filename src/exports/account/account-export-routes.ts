import { finished, Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf, requireUser } from '../../accounts/index.ts'
import { inTransaction } from '../../storage/index.ts'
import { HttpError } from '../../web/index.ts'
import { utcCalendar } from '../../web/presentation.ts'
import { type Downloads, whole } from '../downloads.ts'
import type { PartStore } from '../part-store.ts'
import { exportView } from '../presentation.ts'
import { FileParams, type JobFrame, JobParams } from '../protocol.ts'
import type { AccountExportQueue } from './account-export-job.ts'
import {
  type AccountExport,
  accountExportOf,
  contentOf,
  fileNameOf,
  isThere,
  isUnderWay,
  requestAccountExport,
} from './account-exports.ts'

export interface AccountExportRoutesOptions {
  readonly store: PartStore
  readonly queue: AccountExportQueue
  readonly downloads: Downloads
  readonly announce: (one: AccountExport) => void
  readonly frameOf: (one: AccountExport) => JobFrame
}

/** Files that one person may ask for in a minute: for each, all messages of this Partyline are looked at. */
const PER_MINUTE = 5

const PATH = '/account/export'

/** `/account/export`: a person takes away all that is theirs. It takes a session, as all that is about an account does. */
export async function accountExportRoutes(
  instance: FastifyInstance,
  { announce, downloads, frameOf, queue, store }: AccountExportRoutesOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, sessions } = app
  app.addHook('onRequest', requireUser)
  const asking = rateLimits.perMinute('exports of accounts', PER_MINUTE)

  app.get(PATH, { onRequest: rateLimits.reading }, async (_request, reply) => exportPage(reply))

  app.post(PATH, { onRequest: [...rateLimits.sending, ...asking] }, async (request, reply) => {
    const { user } = identityOf(request)
    const { one, replaced } = await inTransaction(database, async (transaction) => {
      const asked = await requestAccountExport(transaction, user.id)
      await queue.add(transaction, { payload: { user: user.id }, key: String(user.id) })
      return asked
    })
    if (replaced !== undefined) await store.remove(replaced)
    app.jobs.wake()
    announce(one)
    return reply.redirect(PATH, 303)
  })

  app.post(
    `${PATH}/:id/delete`,
    { schema: { params: JobParams }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { id } = await own(identityOf(request).user.id, request.params.id)
      await database.deleteFrom('account_exports').where('id', '=', id).execute()
      await store.remove(id)
      return reply.redirect(PATH, 303)
    },
  )

  app.get(
    `${PATH}/:id/:name`,
    { schema: { params: FileParams }, exposeHeadRoute: false, onRequest: rateLimits.reading },
    async (request, reply) => {
      const { session, user } = identityOf(request)
      const one = await own(user.id, request.params.id)
      if (one.state !== 'done') throw nothingHere()
      if (!(await isThere(database, store, one.id))) throw noSuchFile()
      // Also called where the client has gone meanwhile.
      finished(reply.raw, downloads.begin(user.id))
      const content = contentOf(database, store, one.id, async () => {
        const isSignedIn = (await sessions.find(session.id)) !== null
        const now = isSignedIn ? await accountExportOf(database, user.id) : undefined
        const mayGoOn = now?.id === one.id && now.state === 'done'
        if (!mayGoOn) reply.raw.destroy()
        return mayGoOn
      })
      return reply
        .type('application/json; charset=utf-8')
        .header('content-length', one.bytes)
        .header('content-disposition', `attachment; filename="${fileNameOf(one)}"`)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .send(
          Readable.from(
            whole(content, one.bytes, () => reply.raw.destroy()),
            { highWaterMark: 1 },
          ),
        )
    },
  )

  async function own(user: number, id: string): Promise<AccountExport> {
    const one = await accountExportOf(database, user)
    if (one?.id !== id) throw nothingHere()
    return one
  }

  async function exportPage(reply: FastifyReply): Promise<FastifyReply> {
    const one = await accountExportOf(database, identityOf(reply.request).user.id)
    return reply.page('exports/account', {
      title: 'Export your data',
      path: PATH,
      exports: one ? [exportView(frameOf(one), PATH, utcCalendar)] : [],
      isUnderWay: one !== undefined && isUnderWay(one),
    })
  }
}

function nothingHere(): HttpError {
  const advice = 'Exported files are kept for a day.'
  return new HttpError(404, 'There is nothing here', advice, undefined, 'not_found')
}

/** The database came here without the files. */
function noSuchFile(): HttpError {
  const advice =
    'This server’s data has since been moved or restored, without exported files. Export your data again.'
  return new HttpError(404, 'This file is no longer here', advice, undefined, 'not_found')
}
