import { deviceName } from '../accounts/index.ts'
import { roomTitles } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { closeText, queueText, targetText } from './connection-presentation.ts'
import type { ClosedRow, ConnectionRow, RefusedRow } from './connection-protocol.ts'

/** A connection as pages show it, without any of its content. */
export interface ConnectionView {
  readonly id: string
  readonly href: string
  readonly who: string
  readonly target: string
  readonly address: string
  readonly device: string
  readonly since: string
  readonly queue: string
  readonly framesIn: string
  readonly framesOut: string
  readonly lastError: { readonly code: string; readonly at: string } | null
}

export interface ClosedView extends ConnectionView {
  readonly closedAt: string
  readonly code: string
}

export interface RefusedView extends Omit<RefusedRow, 'at' | 'userAgent'> {
  readonly at: string
  readonly device: string
}

/**
 * Describes connections, with the names of open rooms only: administrators do not see who is in a private room, or who talks
 * with whom.
 */
export async function connectionViews(
  database: Database,
  rows: readonly ConnectionRow[],
): Promise<ConnectionView[]> {
  const titles = await roomTitles(
    database,
    rows.flatMap(({ room }) => room ?? []),
  )
  return rows.map((row) => {
    const title = row.room === undefined ? undefined : titles.get(row.room)
    const room = title && (title.kind === 'open' ? title.name : `a ${title.kind} room`)
    const device = deviceName(row.userAgent)
    return {
      id: row.id,
      href: `/dashboard/connections/${row.id}`,
      who: row.user ?? 'a visitor',
      target: targetText(row.consumer, row.room === undefined ? undefined : (room ?? 'no room')),
      address: row.address,
      device: row.isLimited ? `${device}, with an API key` : device,
      since: new Date(row.openedAt * 1000).toISOString(),
      queue: queueText(row.unsent),
      framesIn: row.framesIn.toLocaleString('en'),
      framesOut: row.framesOut.toLocaleString('en'),
      lastError: row.lastError
        ? { code: row.lastError.code, at: new Date(row.lastError.at).toISOString() }
        : null,
    }
  })
}

export async function closedViews(database: Database, rows: readonly ClosedRow[]): Promise<ClosedView[]> {
  const views = await connectionViews(database, rows)
  return views.flatMap((view, index) => {
    const row = rows[index]
    if (!row) return []
    return [{ ...view, closedAt: new Date(row.closedAt).toISOString(), code: closeText(row.code) }]
  })
}

/**
 * Describes refused handshakes. A path to a private or direct room does not name the room, since that would reveal where people
 * at that address are members.
 */
export async function refusedViews(database: Database, rows: readonly RefusedRow[]): Promise<RefusedView[]> {
  const parts = rows.flatMap(({ path }) => path.split('/'))
  const titles = await roomTitles(
    database,
    parts.filter((part) => SLUG.test(part)),
  )
  const shown = (part: string) => {
    const kind = titles.get(part)?.kind
    return kind === undefined || kind === 'open' ? part : `(a ${kind} room)`
  }
  return rows.map(({ path, userAgent, ...row }) => ({
    ...row,
    path: path.split('/').map(shown).join('/'),
    at: new Date(row.at).toISOString(),
    device: deviceName(userAgent),
  }))
}

/** Matches the address of a room. */
const SLUG = /^[a-z0-9-]{1,64}$/
