import { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { findPerson, identityOf, usernamesOf } from '../accounts/index.ts'
import { type AuditEntry, actionName, auditEntries } from '../audit/index.ts'
import { csvCell } from '../text/csv.ts'
import { adminPage } from './pages.ts'
import { LogQuery } from './protocol.ts'

/** Entries on a page, and in memory at a time while all are written into a file. */
const PAGE = 50
const ROWS = 500

const COLUMNS = ['at', 'action', 'by', 'person', 'room', 'detail', 'address']

/** An entry of the audit log with the names of those whom it is about. */
interface NamedEntry {
  readonly at: string
  /** For programs. */
  readonly action: string
  readonly by: string
  readonly person: string | null
  readonly room: string | null
  readonly detail: string
  readonly address: string
}

/** `/admin/log`: what administrators did, a page at a time, and all of it as a file. */
export async function logRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, pace, sessions } = app
  const path = '/admin/log'

  app.get(path, { schema: { querystring: LogQuery }, onRequest: pace.reading }, async (request, reply) => {
    const name = (request.query.person ?? '').trim().replaceAll('\0', '')
    const before = Number(request.query.before || Number.MAX_SAFE_INTEGER)
    const person = name === '' ? undefined : await findPerson(database, name)
    const isUnknown = name !== '' && !person
    const found = isUnknown
      ? []
      : await auditEntries(database, { before, person: person?.id, limit: PAGE + 1 })
    const shown = found.slice(0, PAGE)
    const entries = await named(shown)
    const last = shown.at(-1)
    return adminPage(reply, path, 'log', {
      title: 'Audit log',
      person: name.toWellFormed(),
      isUnknown,
      entries: entries.map((entry) => ({ ...entry, what: actionName(entry.action) })),
      newest: request.query.before ? `${path}${queryOf({ person: name })}` : null,
      older:
        last && found.length > PAGE ? `${path}${queryOf({ person: name, before: String(last.id) })}` : null,
    })
  })

  app.get(`${path}.csv`, { exposeHeadRoute: false, onRequest: pace.reading }, async (request, reply) => {
    const { session } = identityOf(request)
    // A file that ends before its end is not whole: its connection breaks.
    const mayGoOn = async () => {
      const may = (await sessions.find(session.id))?.user.administrator === true
      if (!may) reply.raw.destroy()
      return may
    }
    return reply
      .type('text/csv; charset=utf-8')
      .header('cache-control', 'no-store')
      .header(
        'content-disposition',
        `attachment; filename="audit-log-${new Date().toISOString().slice(0, 10)}.csv"`,
      )
      .send(Readable.from(lines(mayGoOn), { highWaterMark: 1 }))
  })

  /** All entries as lines, the newest first: no more than `ROWS` of them are in memory. */
  async function* lines(mayGoOn: () => Promise<boolean>): AsyncGenerator<string> {
    yield `${COLUMNS.join(',')}\r\n`
    for (let before = Number.MAX_SAFE_INTEGER; await mayGoOn(); ) {
      const entries = await auditEntries(database, { before, limit: ROWS })
      const rows = await named(entries)
      yield rows
        .map(({ action, address, at, by, detail, person, room }) =>
          [at, action, by, person ?? '', room ?? '', detail, address].map(csvCell).join(','),
        )
        .map((line) => `${line}\r\n`)
        .join('')
      const last = entries.at(-1)
      if (!last || entries.length < ROWS) return
      before = last.id
    }
  }

  async function named(entries: readonly AuditEntry[]): Promise<NamedEntry[]> {
    const users = entries.flatMap(({ actor_id, person_id }) => [actor_id ?? [], person_id ?? []].flat())
    const usernames = await usernamesOf(database, users)
    const nameOf = (user: number) => usernames.get(user) ?? `deleted account ${user}`
    return entries.map(({ action, actor_id, address, at, detail, person_id, room_id, room_name }) => ({
      at,
      action,
      by: actor_id === null ? 'somebody at the server' : nameOf(actor_id),
      person: person_id === null ? null : nameOf(person_id),
      room: room_id === null ? null : room_name || `room ${room_id}`,
      detail,
      address,
    }))
  }
}

function queryOf(fields: Readonly<Record<string, string>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
