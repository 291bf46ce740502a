import { randomBytes } from 'node:crypto'
import { sessionCookieName } from '../src/accounts/installation.ts'
import { SESSION_LIFE } from '../src/accounts/session-rows.ts'
import { publicId } from '../src/accounts/sessions.ts'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createRoom } from '../src/rooms/creation.ts'
import { findRoom } from '../src/rooms/rooms.ts'
import { csrfSecret } from '../src/web/csrf.ts'
import type { Person } from './job.ts'

/** Messages in the lobby before the server starts. */
export const SAID = 50

export const LOBBY = 'lobby'

export function roomName(index: number): string {
  return `room-${String(index).padStart(3, '0')}`
}

/** A username. All have the same length, for the peers too. */
export function personName(index: number): string {
  return `member-${String(index).padStart(4, '0')}`
}

/**
 * Fills a database with people who are signed in, rooms, and some messages in the lobby, through the product's own code.
 * Only the passwords are left out: hashing a thousand of them, as signing up does, would take a minute.
 * @param settings as in the environment
 */
export async function settle(
  settings: Record<string, string>,
  people: number,
  rooms: number,
): Promise<Person[]> {
  const app = await buildApp(readConfig({ ...settings, LOG_LEVEL: 'silent' }), {
    startEvaluators: 'when-needed',
  })
  try {
    const { database } = app
    const at = new Date().toISOString()
    const expires_at = new Date(Date.now() + SESSION_LIFE).toISOString()
    const names = Array.from({ length: people }, (_, index) => personName(index))
    const cookies = names.map(() => randomBytes(24).toString('base64url'))
    const users = await database
      .insertInto('users')
      .values(names.map((name) => ({ name, password: 'none', role: 'member', created_at: at })))
      .returning(['id', 'name'])
      .execute()
    const idOf = new Map(users.map(({ id, name }) => [name, id]))
    await database
      .insertInto('sessions')
      .values(
        names.map((name, index) => ({
          id: publicId(cookies[index] ?? ''),
          user_id: idOf.get(name) ?? null,
          content: JSON.stringify({ csrf: csrfSecret() }),
          device: 'bench',
          address: '127.0.0.1',
          created_at: at,
          last_seen_at: at,
          expires_at,
          ended_at: null,
        })),
      )
      .execute()
    const [first] = users
    const lobby = first && (await findRoom(database, LOBBY, { ...first, administrator: true }))
    if (!lobby) throw new Error('a new database has neither people nor a lobby')
    for (let index = 0; index < rooms; index += 1)
      await createRoom(database, { name: roomName(index) }, first.id)
    for (let index = 1; index <= SAID; index += 1)
      await app.chat.writer.post(lobby.id, first, `This is message ${index}, said before the bench began.`)
    const cookieName = await sessionCookieName(database)
    return names.map((name, index) => ({
      name,
      cookie: `${cookieName}=${app.signCookie(cookies[index] ?? '')}`,
    }))
  } finally {
    await app.close()
  }
}
