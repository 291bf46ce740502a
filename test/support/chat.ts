import type { FastifyInstance } from 'fastify'
import type { Frame, TestSocket } from './socket.ts'
import type { Visitor } from './visitor.ts'

/** Makes a room. @returns its slug */
export async function newRoom(maker: Visitor, name: string): Promise<string> {
  const { status, headers, text } = await maker.post('/rooms', { name })
  const slug = /^\/rooms\/([a-z0-9-]{1,64})$/.exec(headers.get('location') ?? '')?.[1]
  if (status !== 303 || slug === undefined) throw new Error(`no room was made: ${status} ${text}`)
  return slug
}

/** Opens a room's socket and waits until it is welcome there. */
export async function enter(person: Visitor, room: string, query = ''): Promise<TestSocket> {
  const socket = person.socket(`/ws/chat/${room}${query}`)
  await socket.next('welcome')
  return socket
}

/** All frames up to the message with this id, it included. */
export async function framesUntil(socket: TestSocket, id: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for (;;) {
    const frame = await socket.next()
    frames.push(frame)
    if (frame.type === 'message' && frame.id === id) return frames
  }
}

/** The next `count` messages. */
export async function messages(socket: TestSocket, count: number): Promise<Frame[]> {
  const found: Frame[] = []
  while (found.length < count) found.push(await socket.next('message'))
  return found
}

/** Resolves when everything sent on this socket has been handled, since a frame without meaning is answered after it. */
export async function handled(socket: TestSocket): Promise<void> {
  socket.send({ type: 'nothing', id: 'behind-it-all' })
  while ((await socket.next('error')).id !== 'behind-it-all');
}

/** A person's number of unread messages in a room, as on the front page; undefined if they are not in it. */
export async function unread(person: Visitor, room: string): Promise<number | undefined> {
  const { text } = await person.get('/')
  const link = new RegExp(`<a[^>]*href="/rooms/${room}"[^>]*>.*?</a>`, 's').exec(text)?.[0]
  if (link === undefined || link.includes('>Join<')) return undefined
  return Number(/class="badge">(\d+)/.exec(link)?.[1] ?? 0)
}

/** Fills a room with messages, `1` to `count`, faster than through a socket. */
export async function fill(
  app: FastifyInstance,
  room: string,
  sender: string,
  count: number,
  textOf = (index: number) => `${index}`,
): Promise<void> {
  const { id } = await roomRow(app, room)
  const user = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', sender)
    .executeTakeFirstOrThrow()
  await Promise.all(
    Array.from({ length: count }, (_, index) => app.chat.writer.post(id, user, textOf(index + 1))),
  )
}

/** A room's row in the database. */
export function roomRow(app: FastifyInstance, room: string): Promise<{ id: number; rev: number }> {
  return app.database
    .selectFrom('rooms')
    .select(['id', 'rev'])
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
}

let made = 0

/** Makes people who have accounts but no browser. */
export async function people(
  app: FastifyInstance,
  count: number,
): Promise<{ readonly id: number; readonly name: string }[]> {
  const rows = Array.from({ length: count }, () => {
    made += 1
    return {
      name: `person-${made}`,
      password: '',
      role: 'member' as const,
      created_at: new Date().toISOString(),
    }
  })
  return app.database.insertInto('users').values(rows).returning(['id', 'name']).execute()
}
