import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Compile } from 'typebox/compile'
import { findPerson, requireAdministrator, requireUser } from '../accounts/index.ts'
import { actorOf, recordAudit } from '../audit/index.ts'
import { networkOf } from '../channels/index.ts'
import { HttpError } from '../web/index.ts'
import { byOpening } from './answering.ts'
import {
  ConnectionId,
  ConnectionParams,
  type ConnectionRow,
  ConnectionsQuery,
  type Place,
} from './connection-protocol.ts'
import { closedViews, connectionViews, refusedViews } from './connection-views.ts'
import type { Questions } from './questions.ts'

/** Connections on a page, and of what ended or was refused lately. */
const PAGE = 50
const LATELY = 20

const isConnectionId = Compile(ConnectionId)

/**
 * `/dashboard/connections`: everyone who is connected in any process, with answers to the first questions of an operator when
 * somebody is not.
 */
export async function connectionRoutes(
  instance: FastifyInstance,
  { questions }: { readonly questions: Questions },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database } = app
  app.addHook('onRequest', requireUser)
  app.addHook('onRequest', requireAdministrator)

  app.get(
    '/dashboard/connections',
    {
      schema: { querystring: ConnectionsQuery },
      config: { whenOverloaded: true },
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const { q = '', after } = request.query
      const place = after === undefined ? undefined : placeIn(after)
      const [listed, lately] = await Promise.all([
        questions.ask({ kind: 'list', q: q.trim(), ...(place && { after: place }) }),
        questions.ask({ kind: 'lately' }),
      ])
      const all = listed.answers.flatMap(({ connections }) => connections).sort(byOpening)
      const rows = all.slice(0, PAGE)
      const last = rows.at(-1)
      return reply.page('dashboard/connections', {
        title: 'Connections',
        q,
        connections: await connectionViews(database, rows),
        isFirst: after === undefined,
        next: all.length > PAGE && last ? nextPage(q, last) : null,
        missing: listed.missing,
        refused: await refusedViews(database, newest(lately.answers.flatMap(({ refused }) => refused))),
      })
    },
  )

  app.get(
    '/dashboard/connections/:id',
    {
      schema: { params: ConnectionParams },
      config: { whenOverloaded: true },
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const { id } = request.params
      const asked = isConnectionId.Check(id)
        ? await questions.ask({ kind: 'one', id }, processIn(id))
        : undefined
      const open = asked?.answers.flatMap(({ connections }) => connections).at(0)
      const closed = asked?.answers.flatMap((answer) => answer.closed).at(0)
      const row = open ?? closed
      if (!row) return gone(reply)
      const lately = await questions.ask({
        kind: 'lately',
        network: networkOf(row.address),
        ...(row.user !== undefined && { user: row.user }),
      })
      const ended = lately.answers
        .flatMap((answer) => answer.closed)
        .filter((other) => other.id !== id)
        .sort((one, other) => other.closedAt - one.closedAt)
        .slice(0, LATELY)
      const [connection] = await connectionViews(database, [row])
      const [end] = closed ? await closedViews(database, [closed]) : []
      return reply.page('dashboard/connection', {
        title: 'Connection',
        connection,
        end: end ?? null,
        ended: await closedViews(database, ended),
        refused: await refusedViews(database, newest(lately.answers.flatMap(({ refused }) => refused))),
        missing: lately.missing,
      })
    },
  )

  app.post(
    '/dashboard/connections/:id/close',
    { schema: { params: ConnectionParams }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      const { id } = request.params
      if (!isConnectionId.Check(id)) return gone(reply)
      const { answers, missing } = await questions.ask({ kind: 'one', id }, processIn(id))
      const found = answers.flatMap(({ connections }) => connections).at(0)
      if (!found && missing.length > 0)
        throw new HttpError(503, `${missing.join()} did not answer`, 'Nothing was closed. Try again.', 5)
      if (!found) return gone(reply)
      const person = found.user === undefined ? undefined : await findPerson(database, found.user)
      await recordAudit(database, {
        action: 'connection.close',
        by: actorOf(request),
        ...(person && { person: person.id }),
        detail: `${found.consumer}, from ${found.address}`,
      })
      // Once it is in the log: its process may close it and not get round to an answer.
      await questions.ask({ kind: 'close', id }, processIn(id))
      return reply.redirect('/dashboard/connections', 303)
    },
  )
}

function gone(reply: FastifyReply): FastifyReply {
  return reply.code(404).page('web/error', {
    title: 'This connection has ended',
    status: 404,
    heading: 'This connection has ended',
    parts: ['It is no longer open, and not among those that are remembered.'],
    written: '',
    actions: [{ href: '/dashboard/connections', label: 'All connections' }],
  })
}

function placeIn(after: string): Place {
  const [openedAt = '', id = ''] = after.split(':')
  return { openedAt: Number(openedAt), id }
}

function processIn(id: string): string {
  return id.split('.', 1)[0] ?? ''
}

function nextPage(q: string, { openedAt, id }: ConnectionRow): string {
  const query = new URLSearchParams({ ...(q !== '' && { q }), after: `${openedAt}:${id}` })
  return `/dashboard/connections?${query}`
}

function newest<Row extends { readonly at: number }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((one, other) => other.at - one.at).slice(0, LATELY)
}
