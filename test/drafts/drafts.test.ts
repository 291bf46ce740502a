import t from 'tap'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { database } = server.app
const ada = await server.person('ada')
const bob = await server.person('bob')

interface Draft {
  readonly message: string
  readonly reply?: number
  readonly version?: string
  readonly conflict?: boolean
}

async function put(person: Visitor, room: string, draft: object) {
  const { status, text } = await person.request('PUT', `/api/rooms/${room}/draft`, JSON.stringify(draft), {
    'content-type': 'application/json',
    'x-csrf-token': await person.token('/account'),
  })
  return { status, draft: JSON.parse(text) as Draft }
}

async function draftOf(person: Visitor, room: string): Promise<Draft> {
  return JSON.parse((await person.get(`/api/rooms/${room}/draft`)).text)
}

t.test('a draft is on all devices of its person, and nobody else’s', async (t) => {
  const laptop = ada.socket('/ws/notifications')
  const others = bob.socket('/ws/notifications')
  await laptop.next('unseen')
  await others.next('unseen')

  const { draft } = await put(ada, 'lobby', { message: 'half a thought' })
  t.match(await laptop.next('draft'), { room: 'lobby', message: 'half a thought', version: draft.version })
  t.same(await draftOf(ada, 'lobby'), { message: 'half a thought', version: draft.version })
  t.match(
    (await ada.get('/rooms/lobby')).text,
    'half a thought</textarea>',
    'a page without scripts has it too',
  )
  t.same(await draftOf(bob, 'lobby'), { message: '' })
  t.notMatch((await bob.get('/rooms/lobby')).text, 'half a thought')
  t.equal(others.drain().filter(({ type }) => type === 'draft').length, 0)

  await ada.post('/rooms/lobby/messages', { message: 'a whole thought', draft: draft.version ?? '' })
  t.match(await laptop.next('draft'), { room: 'lobby', message: '' }, 'a sent message is no longer a draft')
  t.same(await draftOf(ada, 'lobby'), { message: '' })
})

t.test('a draft ends when it is scheduled, with or without a script', async (t) => {
  const room = await newRoom(ada, 'Tomorrow')
  const { draft } = await put(ada, room, { message: 'good morning' })
  const composer = (await ada.get(`/rooms/${room}`)).text
  t.match(composer, `name="draft" value="${draft.version}"`)
  const fields = { message: 'good morning', draft: draft.version ?? '' }
  const form = await ada.post(`/rooms/${room}/schedule`, fields)
  t.match(form.text, `name="draft" value="${draft.version}"`, 'the form that asks for the time passes it on')
  t.match(await draftOf(ada, room), { message: 'good morning' }, 'and the draft stays')
  const refused = await ada.post(`/rooms/${room}/schedule`, { ...fields, at: 'never' })
  t.match(refused, { status: 400, text: `name="draft" value="${draft.version}"` })
  t.equal((await ada.post(`/rooms/${room}/schedule`, { ...fields, at: '2027-11-29T09:00' })).status, 303)
  t.same(await draftOf(ada, room), { message: '' })
})

t.test('a device that has not seen the latest draft overwrites nothing', async (t) => {
  const room = await newRoom(ada, 'Two devices')
  await ada.post(`/rooms/${room}/messages`, { message: 'first' })
  const first = (await put(ada, room, { message: 'on the phone', reply: 1 })).draft
  t.equal(first.conflict, false)
  const late = await put(ada, room, { message: 'on the laptop' })
  t.match(late, {
    status: 200,
    draft: { conflict: true, message: 'on the phone', reply: 1, version: first.version },
  })
  t.match(await put(ada, room, { message: '' }), { draft: { conflict: true } }, 'nor deletes it')

  const known = await put(ada, room, { message: 'on the laptop', base: first.version })
  t.match(known.draft, { conflict: false, message: 'on the laptop' })
  t.match(
    (await put(ada, room, { message: 'on the laptop' })).draft,
    { conflict: false },
    'the same text is not a conflict',
  )
  const together = await Promise.all(
    ['one', 'two', 'three'].map((message) => put(ada, room, { message, base: known.draft.version })),
  )
  t.equal(
    together.filter(({ draft }) => draft.conflict === false).length,
    1,
    'one of three drafts sent at once is stored',
  )
  const last = await draftOf(ada, room)
  t.match((await put(ada, room, { message: '', base: last.version })).draft, { conflict: false, message: '' })
})

t.test('drafts are bounded, and cannot be of a room that the person may not see', async (t) => {
  t.equal((await put(ada, 'lobby', { message: 'x'.repeat(4_001) })).status, 400)
  t.equal((await put(ada, 'lobby', { message: 'nul\0' })).status, 400)
  const { headers } = await ada.post('/rooms', { name: 'Secret', private: 'on' })
  const secret = headers.get('location')?.slice('/rooms/'.length) ?? ''
  t.equal((await put(bob, secret, { message: 'guess' })).status, 404)
  t.equal((await bob.get(`/api/rooms/${secret}/draft`)).status, 404)

  const { id } = await database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  const rooms: string[] = []
  for (let index = 0; index < 201; index += 1) rooms.push(await newRoom(bob, `Room ${index}`))
  const found = await database.selectFrom('rooms').select(['id', 'slug']).where('slug', 'in', rooms).execute()
  const rows = found
    .slice(0, 200)
    .map((room) => ({ user_id: id, room_id: room.id, room_slug: room.slug, text: 'x', version: 'v' }))
  await database.insertInto('drafts').values(rows).execute()
  t.match(await put(bob, found[200]?.slug ?? '', { message: 'one too many' }), { status: 413 })
  t.match(await put(bob, found[0]?.slug ?? '', { message: 'another text', base: '0'.repeat(36) }), {
    status: 200,
  })
})
