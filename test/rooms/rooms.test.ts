import { once } from 'node:events'
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { deactivate, reactivate } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { enter, newRoom, unread } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0', SIGN_UPS_PER_ADDRESS: '0' })
const { app } = server
const ada = await server.person('ada')
const [bob, cyd, dan] = [await server.person('bob'), await server.person('cyd'), await server.person('dan')]

t.setTimeout(600_000)

async function privateRoom(maker: Visitor, name: string): Promise<string> {
  const { headers } = await maker.post('/rooms', { name, private: 'on', description: 'About it' })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

async function directRoom(maker: Visitor, names: string): Promise<string> {
  const { headers, status, text } = await maker.post('/rooms/direct', { with: names })
  if (status !== 303) throw new Error(`no direct room: ${status} ${text}`)
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

const signUpBy = (visitor: Visitor, username: string, next: string) =>
  visitor.post('/sign-up', { username, password: PASSWORD, next }, `/sign-up?next=${next}`)
const add = (by: Visitor, room: string, name: string) => by.post(`/rooms/${room}/members`, { name })
const remove = (by: Visitor, room: string, name: string) =>
  by.post(`/rooms/${room}/members/${name}/remove`, {})
/** The heading of a room as somebody sees it, without its markup. */
const headingOf = async (person: Visitor, room: string) =>
  /<h1 id="live-name".*<\/h1>/
    .exec((await person.get(`/rooms/${room}`)).text)?.[0]
    .replaceAll(/<[^>]*>/g, '')
    .trim()

const settings = async (person: Visitor, room: string) => (await person.get(`/rooms/${room}/settings`)).text
const names = (text: string) =>
  [...text.matchAll(/<b class="sender" dir="auto">([a-z]+)</g)].map(([, name]) => name)
const owners = (text: string) => /dir="auto">([a-z]+)<\/b>\s*<\/a> <span class="hint">owner/.exec(text)?.[1]

t.test(
  'a private room has an address that cannot be guessed, and is not in the lists of others',
  async (t) => {
    const room = await privateRoom(bob, 'Surprise party')
    t.match(room, /^[a-z0-9]{16}$/)
    t.match((await bob.get('/')).text, room)
    for (const path of ['/', '/rooms', '/rooms?q=surprise'])
      t.notMatch((await ada.get(path)).text, 'Surprise', path)
    t.match((await bob.get('/rooms?q=surprise')).text, 'No room names match')
    t.equal(await newRoom(cyd, 'Surprise party'), 'surprise-party', 'the name is still free')
  },
)

t.test('an open room is listed with its description', async (t) => {
  await bob.post('/rooms', { name: 'Glassware', description: 'Who has <which> flask' }, '/')
  for (const path of ['/', '/rooms', '/rooms?q=glassware'])
    t.match((await ada.get(path)).text, 'Who has &lt;which&gt; flask', path)
})

t.test('any member of a private room can add people, if they exist', async (t) => {
  const room = await privateRoom(bob, 'Adding')
  t.equal((await add(bob, room, ' Cyd ')).status, 303)
  t.equal((await cyd.get(`/rooms/${room}`)).status, 200)
  t.equal((await add(cyd, room, 'dan')).status, 303)
  const refused = await add(cyd, room, 'nobody-of-that-name')
  t.equal(refused.status, 400)
  t.match(refused.text, /value="nobody-of-that-name"[\s\S]*There is nobody here called/)
  t.same(names(await settings(dan, room)), ['bob', 'cyd', 'dan'])
})

t.test('a person who was removed returns only if the owner or an administrator adds them', async (t) => {
  for (const room of [await newRoom(bob, 'Quarrel'), await privateRoom(bob, 'Private quarrel')]) {
    await add(bob, room, 'cyd')
    await add(bob, room, 'dan')
    const sockets = [await enter(cyd, room), cyd.socket(`/ws/calculator/${room}`)]
    t.equal((await remove(bob, room, 'cyd')).status, 303)
    for (const socket of sockets)
      t.same(await socket.closed(), { code: 4003, reason: 'you were removed from this room' })
    const isOpen = room === 'quarrel'
    t.equal((await cyd.get(`/rooms/${room}`)).status, isOpen ? 403 : 404)
    t.equal((await cyd.socket(`/ws/chat/${room}`).closed()).code, isOpen ? 4003 : 4004)
    t.equal(await unread(cyd, room), undefined)
    await bob.post(`/rooms/${room}/invitation`, {})
    const [code] = /\/join\/[\w-]{16,}/.exec(await settings(bob, room)) ?? ['']
    // An invitation to a private room looks to them like one that has ended.
    t.equal((await cyd.get(code)).status, isOpen ? 403 : 404)
    t.equal((await cyd.post(code, {})).status, isOpen ? 403 : 404)
    t.equal((await dan.get(code)).status, 200)
    t.equal((await add(dan, room, 'cyd')).status, 403, 'no other member can add them')
    t.equal((await add(bob, room, 'cyd')).status, 303)
    t.equal((await cyd.get(`/rooms/${room}`)).status, 200)
  }
})

t.test('a person who is removed stays out, whatever is in progress at that moment', async (t) => {
  const csrf = new Map<Visitor, string>()
  for (const person of [bob, cyd, dan]) csrf.set(person, await person.token('/account'))
  const send = (by: Visitor, path: string, fields: Record<string, string> = {}) =>
    by.postBare(path, { ...fields, _csrf: csrf.get(by) ?? '' })
  /** Removes cyd while `attempt` is made several times, before and after. */
  const removing = async (room: string, attempt: () => Promise<unknown>) => {
    const attempts = [attempt(), attempt()]
    const removal = send(bob, `/rooms/${room}/members/cyd/remove`)
    for (let count = 0; count < 6; count += 1) {
      attempts.push(attempt())
      await setImmediate()
    }
    await Promise.all([removal, ...attempts])
  }
  for (let time = 1; time <= 4; time += 1) {
    const room = await privateRoom(bob, `Stays out ${time}`)
    await send(bob, `/rooms/${room}/invitation`)
    const [code = ''] = /\/join\/[\w-]{16,}/.exec(await settings(bob, room)) ?? []
    await send(bob, `/rooms/${room}/members`, { name: 'dan' })

    await removing(room, () => send(cyd, code))
    t.equal(await unread(cyd, room), undefined, 'after following a link')

    await send(bob, `/rooms/${room}/members`, { name: 'cyd' })
    await removing(room, () => send(dan, `/rooms/${room}/members`, { name: 'cyd' }))
    t.equal((await cyd.get(`/rooms/${room}`)).status, 404, 'while another member adds them')

    await send(bob, `/rooms/${room}/members`, { name: 'cyd' })
    await send(bob, `/rooms/${room}/invitation`, { end: 'on' })
    await removing(room, () => send(cyd, `/rooms/${room}/invitation`, { renew: 'on' }))
    t.notMatch(await settings(bob, room), /\/join\//, 'and makes no invitation')

    const open = await newRoom(bob, `Stays out of this ${time}`)
    await removing(open, () => cyd.get(`/rooms/${open}`))
    t.equal(await unread(cyd, open), undefined, 'after opening an open room')
  }
})

t.test('nobody can remove themselves or somebody who does not exist', async (t) => {
  const room = await newRoom(bob, 'Alone')
  t.match(await remove(bob, room, 'bob'), {
    status: 400,
    text: /role="alert"[^>]*>You cannot remove yourself\. Leave the room instead/,
  })
  t.equal((await remove(bob, room, 'nobody-of-that-name')).status, 404)
})

t.test('when the owner leaves, the room goes to the person who has been in it longest', async (t) => {
  const room = await privateRoom(bob, 'Inheritance')
  await add(bob, room, 'cyd')
  await add(bob, room, 'dan')
  const heir = await enter(cyd, room)
  const said = await enter(dan, room)
  said.send({ message: 'for the owner to delete', id: 'said' })
  await heir.next('message')
  await bob.post(`/rooms/${room}/leave`, {})
  t.equal(owners(await settings(cyd, room)), 'cyd')
  heir.send({ type: 'delete', seq: 1, id: 'gone' })
  t.match(await heir.next('done'), { id: 'gone' }, 'the new owner can do at once what owners can')
  heir.close()
  said.close()
})

t.test('rooms of a deactivated person are handed over', async (t) => {
  const zed = await server.person('zed')
  const [shared, lonely] = [await privateRoom(zed, 'Shared'), await privateRoom(zed, 'Lonely')]
  for (const name of ['bob', 'cyd']) await add(zed, shared, name)
  const room = await enter(bob, shared)
  const { id } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'zed')
    .executeTakeFirstOrThrow()
  const { person } = (await deactivate(app.database, id, SHELL)) ?? {}
  if (person) app.changedPeople.announce(person)
  await eventually('bob owns it', async () => owners(await settings(bob, shared)) === 'bob')
  t.equal((await remove(bob, shared, 'cyd')).status, 303)
  room.send({ message: 'still here', id: 'handed-over' })
  t.equal((await room.next('message')).id, 'handed-over')
  await reactivate(app.database, id, SHELL)
  await zed.signIn('zed')
  t.equal(owners(await settings(zed, shared)), 'bob', 'and they are not handed back')
  t.equal(owners(await settings(zed, lonely)), 'zed', 'except those that nobody else was in')
})

t.test('rooms in which others write nothing push no room off a list', async (t) => {
  const yan = await server.person('yan')
  const room = await newRoom(yan, 'Oldest of all')
  const { id } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'yan')
    .executeTakeFirstOrThrow()
  const at = '2020-01-01T00:00:00.000Z'
  await app.database
    .updateTable('rooms')
    .set({ active_at: at, active_minute: at.slice(0, 16) })
    .where('slug', '=', room)
    .execute()
  const now = new Date().toISOString()
  for (let batch = 0; batch < 5; batch++) {
    const made = await app.database
      .insertInto('rooms')
      .values(
        Array.from({ length: 250 }, (_, index) => ({
          slug: `unused${batch}x${index}`,
          name: 'yan, nobody',
          kind: 'direct' as const,
          created_at: at,
          active_at: now,
          active_minute: now.slice(0, 16),
        })),
      )
      .returning('id')
      .execute()
    await app.database
      .insertInto('memberships')
      .values(
        made.map(({ id: room_id }) => ({
          room_id,
          user_id: id,
          read_seq: 0,
          joined_at: at,
          hidden_after: 0,
        })),
      )
      .execute()
  }
  t.match((await yan.get('/')).text, 'Oldest of all')
})

t.test('a private room is marked in lists', async (t) => {
  const room = await privateRoom(dan, 'Marked')
  const open = await newRoom(dan, 'Unmarked')
  const { text } = await dan.get('/')
  const card = (slug: string) => text.split(`data-room="${slug}"`)[1]?.split('</li>')[0] ?? ''
  t.match(card(room), /class="private-mark" title="Private"/)
  t.notMatch(card(open), 'private-mark')
})

t.test('a room with nobody in it is archived, except the lobby', async (t) => {
  const room = await newRoom(bob, 'Deserted')
  await bob.post(`/rooms/${room}/leave`, {})
  t.match((await bob.get(`/rooms/${room}`)).text, 'This room is archived')
  await ada.get('/rooms/lobby')
  await app.database.deleteFrom('memberships').where('room_id', '=', 1).where('user_id', '!=', 1).execute()
  await ada.post('/rooms/lobby/leave', {})
  t.equal((await ada.post('/rooms/lobby/messages', { message: 'still open' })).status, 303)
})

t.test('an archived room can be read, is not listed, and can be restored', async (t) => {
  const room = await newRoom(bob, 'Finished')
  await cyd.get(`/rooms/${room}`)
  const socket = await enter(bob, room)
  socket.send({ message: 'the last word', id: 'last' })
  await socket.next('message')
  await bob.post(`/rooms/${room}/archive`, {})
  socket.send({ message: 'too late', id: 'late' })
  t.match(await socket.next('error'), { id: 'late', code: 'forbidden' })
  const page = (await cyd.get(`/rooms/${room}`)).text
  t.match(page, 'the last word')
  t.match(page, /<form [^>]*id="composer"[^>]* hidden>/)
  const message = (await bob.get(`/rooms/${room}/messages/1`)).text
  t.match(message, 'the last word')
  t.notMatch(message, /<h2[^>]*>(React|Reply|Edit|Delete)</, 'nothing is offered that would be refused')
  const sheet = (await cyd.get(`/rooms/${room}/calculator`)).text
  t.match(sheet, 'You can read its sheet')
  t.notMatch(sheet, 'id="calculate"')
  for (const path of ['/', '/rooms', '/rooms?q=finished'])
    t.notMatch((await dan.get(path)).text, 'Finished', path)
  t.match((await bob.get('/')).text, 'Finished', 'its members still find it')
  for (const [person, heading] of [
    [bob, 'Leave or unarchive'],
    [cyd, 'Leave'],
  ] as const)
    t.match((await person.get(`/rooms/${room}/settings`)).text, `<h2 id="end">${heading}</h2>`)
  t.equal((await cyd.post(`/rooms/${room}/unarchive`, {})).status, 403)
  t.equal((await ada.post(`/rooms/${room}/unarchive`, {})).status, 303)
  socket.send({ message: 'back again', id: 'back' })
  t.match(await socket.next('message'), { id: 'back' })
  socket.close()
})

t.test('an archived room keeps its name, but people can be removed and choose their level', async (t) => {
  const room = await newRoom(bob, 'Kept')
  await enter(cyd, room)
  await bob.post(`/rooms/${room}/archive`, {})
  t.equal((await bob.post(`/rooms/${room}/settings`, { name: 'Changed' })).status, 403)
  const page = await settings(bob, room)
  t.match(page, /<h1>Settings of <bdi>Kept/)
  t.notMatch(page, `action="/rooms/${room}/settings"`, 'renaming is not offered either')
  t.equal((await cyd.post(`/rooms/${room}/level`, { level: 'nothing' })).status, 303)
  t.equal((await remove(bob, room, 'cyd')).status, 303)
  t.equal((await cyd.get(`/rooms/${room}`)).status, 403)
})

t.test('a retry of a message sent before a room was archived is answered with what was stored', async (t) => {
  const room = await newRoom(bob, 'Said in time')
  const socket = await enter(bob, room)
  socket.send({ message: 'in time', id: 'first' })
  const said = await socket.next('message')
  await bob.post(`/rooms/${room}/archive`, {})
  socket.send({ message: 'in time', id: 'first' })
  t.same(await socket.next('message'), { ...said, repeat: true })
  const api = `/api/rooms/${room}/messages`
  const repeated = await bob.postJson(api, { message: 'in time', id: 'first' })
  t.match([repeated.status, JSON.parse(repeated.text)], [201, said])
  const form = await bob.post(`/rooms/${room}/messages`, { message: 'in time', id: 'first' })
  t.equal(form.status, 303)
  t.equal((await bob.postJson(api, { message: 'too late', id: 'second' })).status, 403)
  socket.send({ message: 'too late', id: 'third' })
  t.match(await socket.next('error'), { id: 'third', code: 'forbidden' })
  socket.close()
})

t.test('a person looking at an archived room joins it when it is restored', async (t) => {
  const room = await newRoom(bob, 'Brought back')
  await bob.post(`/rooms/${room}/archive`, {})
  const socket = await enter(dan, room)
  t.equal(await unread(dan, room), undefined)
  await bob.post(`/rooms/${room}/unarchive`, {})
  t.same(await socket.closed(), { code: 1012, reason: '0' }, 'they are told to connect again')
  const again = await enter(dan, room)
  t.equal(await unread(dan, room), 0)
  again.close()
})

t.test('a person outside an open room can only turn its notifications off', async (t) => {
  const room = await newRoom(bob, 'Levels of others')
  const refused = await dan.post(`/rooms/${room}/level`, { level: 'everything' })
  t.equal(refused.status, 403)
  t.match(refused.text, 'You are not in this room')
  const chosen = async () => /value="([a-z]+)" checked/.exec(await settings(dan, room))?.[1]
  t.equal(await chosen(), 'mentions')
  t.equal((await dan.post(`/rooms/${room}/level`, { level: 'nothing' })).status, 303)
  t.equal(await chosen(), 'nothing')
  t.notMatch(await settings(bob, room), '>@dan<', 'without joining the room')
  const talk = await enter(bob, room)
  talk.send({ message: '@dan come', id: 'one' })
  await talk.next('message')
  talk.send({ message: '@cyd come', id: 'two' })
  await eventually('others are notified', async () => (await notified(cyd)).includes(room))
  t.notOk((await notified(dan)).includes(room))
  await dan.get(`/rooms/${room}`)
  t.equal(await chosen(), 'nothing', 'the level stays when they join')
  await dan.post(`/rooms/${room}/leave`, {})
  t.equal(await chosen(), 'nothing', 'and when they leave')
  t.equal((await dan.post(`/rooms/${room}/level`, { level: 'mentions' })).status, 303)
  talk.send({ message: '@dan come now', id: 'three' })
  await eventually('they are again', async () => (await notified(dan)).includes(room))
  t.match((await dan.get('/notifications')).text, `href="/rooms/${room}/settings#level-heading"`)
  talk.close()
})

t.test('a renamed room keeps its address', async (t) => {
  const room = await newRoom(bob, 'Old name')
  const rename = (name: string) => bob.post(`/rooms/${room}/settings`, { name, description: ' What\nfor ' })
  t.equal((await rename('New name')).status, 303)
  t.match(await settings(cyd, room), /<h1>Settings of <bdi>New name[\s\S]*What for/)
  t.match((await cyd.get('/rooms?q=new')).text, `/rooms/${room}"`)
  t.notMatch((await cyd.get('/rooms?q=old')).text, `/rooms/${room}"`)
  t.equal(await newRoom(cyd, 'Old name'), 'old-name-2', 'the old name is free again')
  const taken = await rename('Old narne')
  t.equal(taken.status, 400)
  t.match(taken.text, 'href="/rooms/old-name-2"')
  t.equal((await rename('')).status, 400)
  t.equal((await rename('x'.repeat(81))).status, 400)
  t.equal(
    (await bob.post(`/rooms/${room}/settings`, { name: 'Fine', description: 'x'.repeat(501) })).status,
    400,
  )
})

t.test(
  'the same people always have the same direct room, whoever opens it, even at the same moment',
  async (t) => {
    const made = await Promise.all([
      directRoom(bob, 'cyd, DAN'),
      directRoom(cyd, 'dan,bob'),
      directRoom(dan, 'bob,cyd,dan'),
    ])
    t.equal(new Set(made).size, 1)
    t.not(await directRoom(bob, 'cyd'), made[0])
    t.equal(await headingOf(bob, made[0] ?? ''), 'cyd, dan')
  },
)

t.test('a direct room is named after the others in it', async (t) => {
  const zoe = server.visitor()
  const account = { name: 'Zoë Müller', username: 'zoe', password: PASSWORD, next: '' }
  t.equal((await zoe.post('/sign-up', account, '/sign-up')).status, 303)
  const room = await directRoom(bob, 'zoe')
  await bob.post(`/rooms/${room}/messages`, { message: 'hello' })
  t.equal(await headingOf(bob, room), 'Zoë Müller')
  t.match((await bob.get('/')).text, 'Zoë Müller</span>')
  t.match((await zoe.get('/')).text, 'bob</span>')
})

t.test('the heading of a direct room links to the profile of the only other person in it', async (t) => {
  const linkOf = async (room: string) =>
    /<h1 id="live-name".*?<a class="person-link" href="([^"]*)".*<\/h1>/.exec(
      (await bob.get(`/rooms/${room}`)).text,
    )?.[1]
  t.equal(await linkOf(await directRoom(bob, 'cyd')), '/people/cyd')
  for (const names of ['bob', 'cyd, dan']) t.equal(await linkOf(await directRoom(bob, names)), undefined)
})

t.test('a direct room has at most 8 people, all of whom must exist', async (t) => {
  const refused = await bob.post('/rooms/direct', { with: 'cyd, nobody-of-that-name' })
  t.equal(refused.status, 400)
  t.match(refused.text, 'called nobody-of-that-name')
  t.equal((await bob.post('/rooms/direct', { with: ' , ' })).status, 400)
  for (let number = 1; number <= 7; number += 1) await server.person(`guest-${number}`)
  const guests = (count: number) => Array.from({ length: count }, (_, index) => `guest-${index + 1}`).join()
  t.equal((await bob.post('/rooms/direct', { with: guests(7) })).status, 303)
  t.equal((await bob.post('/rooms/direct', { with: `${guests(7)},cyd` })).status, 400)
})

t.test('a direct room appears for the others when somebody writes, even after they left it', async (t) => {
  const room = await directRoom(bob, 'dan')
  t.equal(await unread(dan, room), undefined)
  const say = (message: string) => bob.post(`/rooms/${room}/messages`, { message })
  await say('hello')
  t.equal(await unread(dan, room), 1)
  t.equal((await dan.post(`/rooms/${room}/leave`, {})).status, 303)
  t.equal(await unread(dan, room), undefined)
  t.equal((await dan.get(`/rooms/${room}`)).status, 200, 'it is only hidden')
  await say('are you there?')
  t.equal(await unread(dan, room), 2)
})

t.test('a direct room that was left stays hidden until somebody writes something new', async (t) => {
  const room = await directRoom(bob, 'cyd')
  const socket = await enter(bob, room)
  const [first, second] = [{ message: 'one' }, { message: 'two' }]
  for (const frame of [first, second]) {
    socket.send(frame)
    await socket.next('message')
  }
  await cyd.post(`/rooms/${room}/leave`, {})
  for (const frame of [
    { type: 'react', seq: 1, emoji: '👍', on: true },
    { type: 'edit', seq: 1, message: 'once' },
    { type: 'delete', seq: 2 },
  ]) {
    socket.send({ ...frame, id: frame.type })
    await socket.next('done')
    t.equal(await unread(cyd, room), undefined, frame.type)
  }
  socket.send({ message: 'three' })
  await socket.next('message')
  t.equal(await unread(cyd, room), 2)
  socket.close()
})

t.test('a direct room appears live in the lists of the others when somebody writes', async (t) => {
  const list = cyd.socket('/ws/notifications')
  const { rooms } = await list.next('rooms')
  /** Frames about other rooms may come in between, when people open or leave them. */
  const toldOf = async (slug: string) => {
    for (;;) {
      const frame = await list.next('room')
      if (frame.slug === slug) return frame
    }
  }
  const room = await directRoom(dan, 'cyd')
  t.notOk((rooms as { slug: string }[]).some(({ slug }) => slug === room))
  await dan.post(`/rooms/${room}/messages`, { message: 'psst' })
  const menu = async () => (await dan.get(`/rooms/${room}`)).text
  t.match(await menu(), 'value="everything" selected')
  t.equal((await dan.post(`/rooms/${room}/level`, { level: 'mentions' })).status, 303)
  t.match(await menu(), 'value="mentions" selected', 'the level is chosen in the menu of the room')
  const about = { slug: room, name: 'dan', kind: 'direct', level: 'everything', unread: 1 }
  t.match(await toldOf(room), about)
  await cyd.post(`/rooms/${room}/leave`, {})
  t.same(await toldOf(room), { type: 'room', slug: room, gone: true })
  await dan.post(`/rooms/${room}/messages`, { message: 'still there?' })
  t.match(await toldOf(room), { slug: room, unread: 2 })
  list.close()
})

t.test('rooms can be created and opened at the same rate as anything else', async (t) => {
  const paced = await startServer(t, { RATE_LIMIT: '10', ROOMS_PER_USER: '0' })
  const [one] = [await paced.person('one'), await paced.person('two')]
  const _csrf = await one.token('/account')
  const made = Array.from({ length: 21 }, (_, index) =>
    index % 2 === 0
      ? one.postBare('/rooms', { _csrf, name: `Room ${index}`, private: 'on' })
      : one.postBare('/rooms/direct', { _csrf, with: 'two' }),
  )
  t.same([...new Set((await Promise.all(made)).map(({ status }) => status))], [303])
})

t.test('a checkbox in a form is on only if its value is on', async (t) => {
  for (const [index, hidden] of ['off', '0', ''].entries()) {
    const made = await bob.post('/rooms', { name: `Not hidden ${index}`, private: hidden })
    t.equal(made.headers.get('location'), `/rooms/not-hidden-${index}`, `private=${hidden}`)
  }
  const room = await privateRoom(bob, 'Fields')
  const codeOf = async () => /\/join\/[\w-]{16,}/.exec(await settings(bob, room))?.[0]
  await bob.post(`/rooms/${room}/invitation`, {})
  const first = await codeOf()
  await bob.post(`/rooms/${room}/invitation`, { renew: '', end: '' })
  t.equal(await codeOf(), first)
  await bob.post(`/rooms/${room}/invitation`, { renew: 'on', end: '' })
  t.not(await codeOf(), first)
  t.match(await codeOf(), /^\/join/)
})

t.test('direct rooms count towards the limit of new rooms', async (t) => {
  const few = await startServer(t, { ROOMS_PER_USER: '1', RATE_LIMIT: '0' })
  const [one] = [await few.person('one'), await few.person('two'), await few.person('three')]
  const room = await directRoom(one, 'two')
  const refused = await one.post('/rooms/direct', { with: 'three' })
  t.equal(refused.status, 429)
  t.match(refused.text, 'value="three"')
  t.equal(await directRoom(one, 'two'), room, 'an existing room does not count')
})

t.test('changes made directly in the database are noticed', async (t) => {
  const { database } = app
  const room = await newRoom(bob, 'Behind the back')
  const { id } = await database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
  const dans = await database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'dan')
    .executeTakeFirstOrThrow()
  const forget = () =>
    database.deleteFrom('memberships').where('room_id', '=', id).where('user_id', '=', dans.id).execute()

  const first = await enter(dan, room)
  await forget()
  await database.updateTable('access_revs').set({ rev: 0 }).execute()
  t.match(await first.closed(), { code: 4003 }, 'when the database was restored')

  const second = await enter(dan, room)
  await forget()
  await database.deleteFrom('access_changes').execute()
  await database.updateTable('access_revs').set({ rev: 100 }).execute()
  t.match(await second.closed(), { code: 4003 }, 'when more was missed than is kept')

  const third = await enter(dan, room)
  await database.deleteFrom('rooms').where('id', '=', id).execute()
  await database.updateTable('access_revs').set({ rev: 0 }).execute()
  t.same(await third.closed(), { code: 4004, reason: 'no such room' }, 'when the room is gone')
})

t.test('an invitation admits people until it is renewed, ended or expired', async (t) => {
  const room = await privateRoom(bob, 'Invited')
  const codeOf = async () => /\/join\/[\w-]{16,}/.exec(await settings(bob, room))?.[0]
  const invite = (fields: Record<string, string>) => bob.post(`/rooms/${room}/invitation`, fields)
  t.equal(await codeOf(), undefined)
  await invite({})
  const first = (await codeOf()) ?? ''
  await invite({})
  t.equal(await codeOf(), first, 'asking again does not change it')
  t.match(await settings(bob, room), 'This link works only on this computer.', 'at 127.0.0.1')
  const cookie = [...bob.cookies].map((pair) => pair.join('=')).join('; ')
  const headers = { cookie, host: '192.168.1.20:3000' }
  const [response] = await once(get(`${server.address}/rooms/${room}/settings`, { headers }), 'response')
  const elsewhere = await text(response)
  t.match(elsewhere, `http://192.168.1.20:3000${first}`)
  t.notMatch(elsewhere, 'only on this computer')
  const page = await server.visitor().get(first)
  t.match(page.text, /You are invited to <bdi>Invited[\s\S]*>bob<\/b> has invited you/)
  await bob.post('/account/name', { name: 'Cyd' })
  const named = await server.visitor().get(first)
  t.match(named.text, />Cyd<\/b> <span class="username">@bob<\/span> has invited/, 'not mistaken for cyd')
  await bob.post('/account/name', { name: 'bob' })
  t.match(page.text, `href="/sign-up?next=${encodeURIComponent(first)}"`)
  t.equal((await cyd.post(first, {})).headers.get('location'), `/rooms/${room}`)
  t.same(names(await settings(cyd, room)), ['bob', 'cyd'])
  await invite({ renew: 'on' })
  const second = (await codeOf()) ?? ''
  t.equal((await dan.get(first)).status, 404)
  t.equal((await dan.get(second)).status, 200)
  await app.database
    .updateTable('invitations')
    .set({ expires_at: new Date().toISOString() })
    .where('code', '=', second.slice(6))
    .execute()
  t.equal((await dan.post(second, {})).status, 404, 'after seven days')
  await app.database.updateTable('jobs').set({ run_at: '' }).where('kind', '=', 'sweep-invitations').execute()
  const left = () =>
    app.database.selectFrom('invitations').select('code').where('code', '=', second.slice(6)).execute()
  await eventually('it is deleted', async () => (await left()).length === 0)
  await invite({ renew: 'on' })
  const third = (await codeOf()) ?? ''
  await invite({ end: 'on' })
  t.equal((await dan.get(third)).status, 404)
  await cyd.post(`/rooms/${room}/invitation`, {})
  const ofCyd = (await codeOf()) ?? ''
  t.match(ofCyd, /^\/join\//, 'members can invite too')
  await remove(bob, room, 'cyd')
  t.equal((await dan.get(ofCyd)).status, 404, 'while they are members')
})

t.test('a person who was signed out on the page of an invitation returns to it', async (t) => {
  const room = await privateRoom(bob, 'Way back')
  await bob.post(`/rooms/${room}/invitation`, {})
  const [code] = /\/join\/[\w-]{16,}/.exec(await settings(bob, room)) ?? ['']
  const { status, headers } = await server.visitor().postBare(code, { _csrf: 'of a session that ended' })
  t.equal(status, 303)
  t.equal(headers.get('location'), `/sign-in?next=${encodeURIComponent(code)}`)
  await bob.post(`/rooms/${room}/invitation`, { end: 'on' })
  t.equal((await server.visitor().postBare(code, {})).status, 404, 'an invitation that has ended says so')
})

t.test('with an invitation, a newcomer signs up and joins the room', async (t) => {
  const room = await privateRoom(bob, 'Newcomers')
  await bob.post(`/rooms/${room}/invitation`, {})
  const [code] = /\/join\/[\w-]{16,}/.exec(await settings(bob, room)) ?? ['']
  const eve = server.visitor()
  const signedUp = await eve.signUp('eve', PASSWORD, code)
  t.equal(signedUp.headers.get('location'), code)
  t.match((await eve.get(code)).text, 'Join the room')
  await eve.post(code, {})
  t.equal((await eve.get(`/rooms/${room}`)).status, 200)
})

t.test('with SIGN_UP=closed and INVITATIONS=owners, only owners can invite', async (t) => {
  const closed = await startServer(t, { SIGN_UP: 'closed', INVITATIONS: 'owners', RATE_LIMIT: '0' })
  const first = await closed.person('first')
  const codeIn = async (person: Visitor, room: string) => {
    await person.post(`/rooms/${room}/invitation`, {})
    return /\/join\/[\w-]{16,}/.exec(await settings(person, room))?.[0] ?? ''
  }
  const room = await newRoom(first, 'By invitation')
  const code = await codeIn(first, room)
  const newcomer = closed.visitor()
  t.match((await newcomer.get(code)).text, '/sign-up')
  t.equal((await signUpBy(newcomer, 'second', code)).status, 303)
  await newcomer.post(code, {})
  t.equal((await newcomer.post(`/rooms/${room}/invitation`, {})).status, 403, 'no member can invite')
  const ofMember = await codeIn(newcomer, await newRoom(newcomer, 'Own'))
  const page = (await closed.visitor().get(ofMember)).text
  t.notMatch(page, '/sign-up', 'an invitation of somebody else does not lead to an account')
  await signUpBy(closed.visitor(), 'third', ofMember)
  t.equal((await closed.app.database.selectFrom('users').select('id').execute()).length, 2)
})

t.test('a direct room shows the changed names of the others in it', async (t) => {
  const [jan, kim] = [await server.person('jan'), await server.person('kim')]
  await jan.post('/account/name', { name: 'Jan Novák' })
  const room = await directRoom(kim, 'jan, bob')
  await jan.post(`/rooms/${room}/messages`, { message: 'hello' })
  t.equal(await headingOf(kim, room), 'bob, Jan Novák')
  t.equal(await headingOf(jan, room), 'bob, kim')
  const { rooms } = JSON.parse((await kim.get('/api/rooms')).text)
  t.match(
    rooms.find(({ slug }: { slug: string }) => slug === room),
    { name: 'bob, Jan Novák', last: { sender: 'jan', sender_name: 'Jan Novák' } },
  )
  t.match((await kim.get('/')).text, '<bdi title="@jan">Jan Novák</bdi>')
  await jan.post('/account/name', { name: 'Jan' })
  t.equal(await headingOf(kim, room), 'bob, Jan')
  for (const name of ['Cyd', 'cyd, dan']) {
    await jan.post('/account/name', { name })
    t.equal(await headingOf(kim, room), `bob, ${name} @jan`, 'not mistaken for somebody else')
  }
})

t.test('a deactivated person invites nobody, inherits no room and gets no messages', async (t) => {
  const [gil, hal, ivy] = [await server.person('gil'), await server.person('hal'), await server.person('ivy')]
  const room = await privateRoom(gil, 'Deactivated')
  for (const name of ['hal', 'ivy']) await add(gil, room, name)
  const others = await privateRoom(hal, 'Of hal')
  await hal.post(`/rooms/${others}/invitation`, {})
  const [code] = /\/join\/[\w-]{16,}/.exec(await settings(hal, others)) ?? ['']
  t.equal((await ivy.get(code)).status, 200)
  const { id = 0 } =
    (await app.database.selectFrom('users').select('id').where('name', '=', 'hal').executeTakeFirst()) ?? {}
  await deactivate(app.database, id, SHELL)

  t.equal((await ivy.get(code)).status, 404)
  const refused = await ivy.post('/rooms/direct', { with: 'hal' })
  t.equal(refused.status, 400)
  t.match(refused.text, 'There is nobody here called hal.')
  await gil.post(`/rooms/${room}/leave`, {})
  t.equal(owners(await settings(ivy, room)), 'ivy', 'although hal was there for longer')
})

t.test('the notification level is chosen for each room', async (t) => {
  const chosen = async (room: string) => /value="(\w+)" checked/.exec(await settings(bob, room))?.[1]
  const room = await newRoom(bob, 'Levels')
  t.equal(await chosen(room), 'mentions')
  t.equal((await bob.post(`/rooms/${room}/level`, { level: 'nothing' })).status, 303)
  t.equal(await chosen(room), 'nothing')
  const refused = await bob.post(`/rooms/${room}/level`, { level: 'loud' })
  t.equal(refused.status, 400)
  t.match(refused.text, /<h1>Settings of[\s\S]*Choose one of these/)
})

t.test('looking at the settings or a message of an open room does not join it', async (t) => {
  const room = await newRoom(bob, 'Only looking')
  await bob.post(`/rooms/${room}/messages`, { message: 'hello' })
  for (const path of ['settings', 'messages/1'])
    t.equal((await dan.get(`/rooms/${room}/${path}`)).status, 200)
  t.equal(await unread(dan, room), undefined)
})

t.test('invitation codes can be tried only so slowly that nobody can guess one', async (t) => {
  const paced = await startServer(t, { RATE_LIMIT: '10' })
  const visitor = paced.visitor()
  const begun = performance.now()
  const tried = await Promise.all(
    Array.from({ length: 70 }, async () => (await visitor.get('/join/aaaaaaaaaaaaaaaaaaaaaaaa')).status),
  )
  t.ok(tried.includes(404))
  // One more code may be tried each second, and on a busy machine these take some seconds.
  const more = Math.ceil((performance.now() - begun) / 1_000)
  t.ok(tried.filter((status) => status === 429).length >= 10 - more, 'more than 60 a minute are too many')

  const owner = await paced.person('owner')
  const room = await privateRoom(owner, 'Often renewed')
  const _csrf = await owner.token('/account')
  const renewed = await Promise.all(
    Array.from({ length: 22 }, async () => {
      const answer = await owner.postBare(`/rooms/${room}/invitation`, { _csrf, renew: 'on' })
      return answer.status
    }),
  )
  t.ok(renewed.includes(303))
  t.ok(renewed.includes(429), 'nor does anybody fill the audit log with new ones')
})

/** The rooms of somebody's notifications. */
async function notified(person: Visitor): Promise<string[]> {
  const { notifications } = JSON.parse((await person.get('/api/notifications')).text)
  return notifications.map(({ payload }: { payload: { room: string } }) => payload.room)
}
