import { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findPerson, identityOf, usernamesOf } from '../accounts/index.ts'
import { type AuditEntry, actionName, auditEntries, type LogReader } from '../audit/index.ts'
import { roomNumbersOf } from '../rooms/index.ts'
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
  /** Null where it would tell who did it. */
  readonly address: string | null
}

/** `/admin/log`: what administrators did, a page at a time, and all of it as a file. */
export async function logRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, sessions } = app
  const path = '/admin/log'

  app.get(
    path,
    { schema: { querystring: LogQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const name = (request.query.person ?? '').trim().replaceAll('\0', '')
      const before = Number(request.query.before || Number.MAX_SAFE_INTEGER)
      const person = name === '' ? undefined : await findPerson(database, name)
      const isUnknown = name !== '' && !person
      const found = isUnknown
        ? []
        : await auditEntries(database, {
            reader: readerOf(request),
            before,
            person: person?.id,
            limit: PAGE + 1,
          })
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
    },
  )

  app.get(
    `${path}.csv`,
    { exposeHeadRoute: false, onRequest: rateLimits.reading },
    async (request, reply) => {
      const { session } = identityOf(request)
      const reader = readerOf(request)
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
        .send(Readable.from(lines(reader, mayGoOn), { highWaterMark: 1 }))
    },
  )

  /** All entries as lines, the newest first: no more than `ROWS` of them are in memory. */
  async function* lines(reader: LogReader, mayGoOn: () => Promise<boolean>): AsyncGenerator<string> {
    yield `${COLUMNS.join(',')}\r\n`
    for (let before = Number.MAX_SAFE_INTEGER; await mayGoOn(); ) {
      const entries = await auditEntries(database, { reader, before, limit: ROWS })
      const rows = await named(entries)
      yield rows
        .map(({ action, address, at, by, detail, person, room }) =>
          [at, action, by, person ?? '', room ?? '', detail, address ?? ''].map(csvCell).join(','),
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
    return entries.map((entry) => ({
      at: entry.at,
      action: entry.action,
      by: entry.hidesActor
        ? HIDDEN
        : entry.actor_id === null
          ? 'somebody at the server'
          : nameOf(entry.actor_id),
      person: entry.person_id === null ? null : entry.hidesPerson ? HIDDEN : nameOf(entry.person_id),
      room: roomOf(entry),
      detail: entry.detail,
      address: entry.hidesActor ? null : entry.address,
    }))
  }
}

/** Stands in place of people of a private room, for administrators who are not in it. */
const HIDDEN = 'somebody in the room'

function readerOf(request: FastifyRequest): LogReader {
  const { id } = identityOf(request).user
  return { id, rooms: roomNumbersOf(id) }
}

function roomOf({ room_id, room_kind, room_name }: AuditEntry): string | null {
  if (room_id === null) return null
  // Its name would be those of its people.
  return room_kind === 'direct' ? 'a direct room' : room_name || `room ${room_id}`
}

function queryOf(fields: Readonly<Record<string, string>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
