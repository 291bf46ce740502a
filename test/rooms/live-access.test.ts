import t from 'tap'
import { roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'
import type { TestSocket } from '../support/socket.ts'
import { reached, sockets } from '../support/socket-frames.ts'
import type { Visitor } from '../support/visitor.ts'

/**
 * Who may send what in rooms that are in use, and what reaches people elsewhere: lists, counts, notifications, and what is
 * stored for later. `access.test.ts` has every route, who is let in by every socket, rooms that are archived, and people who are
 * muted; `keys.test.ts` has every scope of a key. A frame that is not in `socket-frames.ts` fails a test there.
 */

const PEOPLE = ['stranger', 'member', 'removed', 'owner', 'administrator', 'bot', 'outsider'] as const
type Name = (typeof PEOPLE)[number]

const KINDS = ['open', 'private', 'direct'] as const
type Kind = (typeof KINDS)[number]

/** The people in each room, in the order in which they try, since a deleted message can no longer be edited. */
const INSIDE: Record<Kind, readonly Name[]> = {
  open: ['outsider', 'bot', 'stranger', 'member', 'administrator', 'owner'],
  private: ['bot', 'member', 'owner'],
  direct: ['member', 'owner'],
}

t.setTimeout(600_000)

t.test('live access to rooms', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const { app } = server
  const { database } = app
  const administrator = await server.person('the-administrator')
  const people: Record<Name, Visitor> = {
    administrator,
    stranger: await server.person('the-stranger'),
    member: await server.person('the-member'),
    removed: await server.person('the-removed'),
    owner: await server.person('the-owner'),
    // Both are programs with a key with all permissions of a bot. The second is in no room.
    bot: await bot('the-bot'),
    outsider: await bot('the-outsider'),
  }
  const { owner } = people
  const rooms = { open: await furnished('open'), private: await furnished('private'), direct: await direct() }

  for (const kind of KINDS) {
    t.test(`each frame is accepted only from people who may send it in a room that is ${kind}`, async (t) => {
      const { seq, slug } = await message(kind)
      for (const [pattern, frames] of Object.entries(sockets)) {
        for (const who of PEOPLE) {
          if (who === 'removed' && kind === 'open') continue
          const socket = people[who].socket(pattern.replace(':room', slug).replace(':poll', '1'))
          if (!INSIDE[kind].includes(who)) {
            t.match(await socket.closed(), { code: 4004 }, `${pattern} for the ${who}`)
            continue
          }
          socket.close()
        }
        for (const who of INSIDE[kind]) {
          const socket = people[who].socket(
            pattern.replace(':room', slug).replace(':poll', `${rooms[kind].poll}`),
          )
          await socket.next('welcome')
          for (const [type, { frame, of }] of Object.entries(frames)) {
            const about = pattern === '/ws/chat/:room' && 'seq' in frame ? { seq } : {}
            const moderates = who === 'owner' || (who === 'administrator' && kind === 'open')
            const may = of === undefined || who === 'owner' || (of !== 'its writer' && moderates)
            const answer = await answerTo(socket, { ...frame, ...about, type, id: `${who}-${type}` })
            t.equal(answer === 'forbidden', !may, `${pattern}: ${type} by the ${who}: ${answer}`)
          }
          socket.close()
        }
      }
    })
  }

  t.test('a person who signs out or is deactivated loses all sockets', async (t) => {
    for (const [name, out] of [
      ['leaver', (visitor: Visitor) => visitor.signOut()],
      ['banned', () => administrator.post('/admin/people/banned/deactivate', {})],
    ] as const) {
      const visitor = await server.person(name)
      const opened = Object.keys(sockets).map((pattern) =>
        visitor.socket(pattern.replace(':room', rooms.open.slug).replace(':poll', `${rooms.open.poll}`)),
      )
      for (const socket of opened) await socket.next('welcome')
      t.equal((await out(visitor)).status, 303)
      for (const socket of opened) t.match(await socket.closed(), { code: 4001 }, name)
    }
  })

  for (const kind of KINDS)
    t.test(
      `a changed name is sent to the people in a room that is ${kind}, and to nobody else`,
      async (t) => {
        await reset(kind)
        const inside = INSIDE[kind].map((who) => people[who].socket(`/ws/chat/${rooms[kind].slug}`))
        const elsewhere = people.stranger.socket('/ws/chat/lobby')
        for (const socket of [...inside, elsewhere]) await socket.next('welcome')
        const name = `Shown where it is ${kind}`
        t.equal((await people.member.post('/account/name', { name })).status, 303)
        for (const socket of inside)
          t.match(await socket.next('person'), { sender: 'the-member', sender_name: name })
        t.notOk(await hears(elsewhere, 'person'), 'and to nobody elsewhere')
        for (const socket of [...inside, elsewhere]) socket.close()
      },
    )

  t.test('a block is sent only to the devices of the person who made it', async (t) => {
    const made = await owner.postJson('/api/keys', { name: 'script', scopes: ['read'] })
    const script = server.visitor({ authorization: `Bearer ${JSON.parse(made.text).key}` })
    const own = [owner, owner].map((visitor) => visitor.socket('/ws/notifications'))
    const { administrator, bot, member, outsider, removed, stranger } = people
    const others = [administrator, member, removed, stranger].map((visitor) =>
      visitor.socket('/ws/notifications'),
    )
    const programs = [bot, outsider, script].map((visitor) => visitor.socket('/ws/notifications'))
    for (const socket of [...own, ...others]) t.match(await socket.next('blocked'), { people: [] })
    t.equal((await owner.post('/people/the-stranger/block', { on: 'on' })).status, 303)
    for (const socket of own) t.match(await socket.next('blocked'), { people: ['the-stranger'] })
    for (const socket of [...others, ...programs]) t.notOk(await hears(socket, 'blocked'))
    t.equal((await owner.post('/people/the-stranger/block', {})).status, 303)
    for (const socket of own) t.match(await socket.next('blocked'), { people: [] })
    for (const socket of [...own, ...others, ...programs]) socket.close()
  })

  t.test('every frame that a socket sends is in the table of whom it reaches', async (t) => {
    const { channels } = app.apiDocs.asyncApi()
    for (const { messages, title } of Object.values(channels)) {
      const sent = Object.keys(messages).filter((key) => key.startsWith('server.'))
      t.same(
        sent.map((key) => key.slice('server.'.length)).sort(),
        Object.keys(reached[title] ?? {}).sort(),
        title,
      )
    }
    t.same(
      Object.keys(reached).sort(),
      Object.values(channels)
        .map(({ title }) => title)
        .sort(),
    )
  })

  t.test('lists, counts and notifications reach only people in the room', async (t) => {
    const listed: Record<Kind, Record<Name, string>> = {
      // An open room is found by everybody, and everybody who may read it can be mentioned in it.
      open: {
        stranger: 'directory notified',
        member: 'list unread directory notified',
        removed: 'directory',
        owner: 'list directory',
        administrator: 'directory notified',
        bot: 'list unread notified',
        outsider: 'notified',
      },
      private: inside('list', 'list unread notified'),
      direct: { ...inside('list', 'list unread notified'), bot: '' },
    }
    for (const kind of KINDS) {
      await reset(kind)
      const { seq, slug } = await message(kind)
      for (const who of PEOPLE.filter((who) => listed[kind][who].includes('notified')))
        await eventually(`the ${who} is notified`, () => isTold(people[who], slug, seq))
      for (const who of PEOPLE) {
        const visitor = people[who]
        const row = (await json(visitor, '/api/rooms')).rooms.find(
          (room: { slug: string }) => room.slug === slug,
        )
        const socket = visitor.socket('/ws/notifications')
        const { rooms: live } = await socket.next('rooms')
        socket.close()
        const isLive = Array.isArray(live) && live.some((room) => room.slug === slug)
        t.equal(isLive, row !== undefined, `the same list is live for the ${who}`)
        const told = await isTold(visitor, slug, seq)
        const page = who === 'bot' || who === 'outsider' ? '' : (await visitor.get(`/rooms?q=${kind}`)).text
        const seen = [
          ...(row ? ['list'] : []),
          ...(row?.unread > 0 && row?.mentions > 0 ? ['unread'] : []),
          ...(page.includes(`href="/rooms/${slug}"`) ? ['directory'] : []),
          ...(told ? ['notified'] : []),
        ]
        t.equal(seen.join(' '), listed[kind][who], `what the ${who} is told of a room that is ${kind}`)
      }
    }
  })

  for (const kind of ['open', 'private'] as const) {
    t.test(`a person who is removed loses what was stored for them in a room that is ${kind}`, async (t) => {
      await reset(kind)
      const { seq, slug } = await message(kind)
      const { member } = people
      const answer = await member.postJson(`/api/rooms/${slug}/export`, { format: 'json' })
      const { id } = JSON.parse(answer.text)
      await eventually('it is exported', async () => (await json(member, `/api/jobs/${id}`)).state === 'done')
      const { result } = await json(member, `/api/jobs/${id}`)
      const file = new URL(result.url, server.address).pathname
      t.equal((await member.get(file)).status, 200)
      await eventually('they are notified', () => isTold(member, slug, seq))

      t.equal((await owner.post(`/rooms/${slug}/members/the-member/remove`, {})).status, 303)
      t.equal((await member.get(file)).status, kind === 'open' ? 403 : 404, 'the file of an export')
      t.notOk(await isTold(member, slug, seq), 'their notifications')
      t.notOk((await json(member, '/api/rooms')).rooms.some((room: { slug: string }) => room.slug === slug))
      if (kind === 'private') t.notMatch((await member.get('/')).text, `/rooms/${slug}`)
      t.notMatch((await member.get('/notifications')).text, `/rooms/${slug}?at=`)
    })
  }

  /** The same for everyone in a room that only its members know of. */
  function inside(owns: string, isIn: string): Record<Name, string> {
    const nothing = { stranger: '', removed: '', administrator: '', outsider: '' }
    return { ...nothing, member: isIn, owner: owns, bot: isIn }
  }

  async function bot(name: string): Promise<Visitor> {
    const made = await administrator.postJson('/api/bots', { name })
    return server.visitor({ authorization: `Bearer ${JSON.parse(made.text).key}` })
  }

  /** A room with a poll, in which everybody has the role that their name says. */
  async function furnished(kind: 'open' | 'private') {
    const made = await owner.post('/rooms', { name: kind, ...(kind === 'private' && { private: 'on' }) })
    const slug = made.headers.get('location')?.slice('/rooms/'.length) ?? ''
    const { id } = await roomRow(app, slug)
    return { id, slug, poll: await poll(slug) }
  }

  async function direct() {
    const made = await owner.post('/rooms/direct', { with: 'the-member' })
    const slug = made.headers.get('location')?.slice('/rooms/'.length) ?? ''
    const { id } = await roomRow(app, slug)
    return { id, slug, poll: await poll(slug) }
  }

  async function poll(slug: string): Promise<number> {
    const fields = { question: 'Cake?', options: 'yes\nno', hours: '1' }
    const made = await owner.post(`/rooms/${slug}/polls`, fields)
    return Number(made.headers.get('location')?.split('/').at(-1))
  }

  /** Gives everybody the role that their name says. */
  async function reset(kind: Kind): Promise<void> {
    if (kind === 'direct') return
    const { id: room_id, slug } = rooms[kind]
    await database.deleteFrom('bars').where('room_id', '=', room_id).execute()
    await database
      .deleteFrom('memberships')
      .where('room_id', '=', room_id)
      .where('role', '=', 'member')
      .execute()
    for (const name of ['the-member', 'the-bot', 'the-removed'])
      await owner.post(`/rooms/${slug}/members`, { name })
    await owner.post(`/rooms/${slug}/members/the-removed/remove`, {})
  }

  /** Posts a message by the owner that mentions everybody in a room. */
  async function message(kind: Kind): Promise<{ readonly seq: number; readonly slug: string }> {
    await reset(kind)
    const { slug } = rooms[kind]
    const text = PEOPLE.map((name) => `@the-${name}`).join(' ')
    const said = await owner.postJson(`/api/rooms/${slug}/messages`, { message: text })
    const { seq } = JSON.parse(said.text)
    return { seq, slug }
  }
})

async function json(visitor: Visitor, path: string) {
  return JSON.parse((await visitor.get(path)).text)
}

/** Whether somebody has a notification of a message. */
async function isTold(visitor: Visitor, slug: string, seq: number): Promise<boolean> {
  const { notifications } = await json(visitor, '/api/notifications')
  return notifications.some(
    ({ payload }: { payload: { room?: string; seq?: number } }) =>
      payload.room === slug && payload.seq === seq,
  )
}

/** Whether a frame of this type comes before the answer to a frame without meaning. */
async function hears(socket: TestSocket, type: string): Promise<boolean> {
  socket.send({ type: 'none', id: 'behind' })
  for (;;) {
    const frame = await socket.next()
    if (frame.type === type || frame.id === 'behind') return frame.type === type
  }
}

/** The code of the error that answers a frame, or `nothing` if the next frame is answered first. */
async function answerTo(socket: TestSocket, frame: object): Promise<unknown> {
  socket.send(frame)
  socket.send({ type: 'none', id: 'behind' })
  const { code, id } = await socket.next('error')
  if (id === 'behind') return 'nothing'
  await socket.next('error')
  return code
}
