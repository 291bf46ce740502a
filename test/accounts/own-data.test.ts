import t from 'tap'
import { createPasswordLink, findPerson, reactivate } from '../../src/accounts/index.ts'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { enter, newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

t.setTimeout(120_000)

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0', SIGN_UPS_PER_ADDRESS: '0' })
const { app } = server
const { database } = app
const admin = await server.person('admin')
const bob = await server.person('bob')

function idOf(name: string): Promise<number> {
  return database
    .selectFrom('users')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
    .then(({ id }) => id)
}

function deleteAccount(person: Visitor, messages: string, password = PASSWORD) {
  return person.post('/account/delete', { messages, password }, '/account/delete')
}

/** Has the job that clears an account begin now, and waits until it is done. */
async function cleared(): Promise<void> {
  await database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'delete-account').execute()
  app.jobs.wake()
  await eventually('the account is cleared', async () => {
    const left = await database
      .selectFrom('jobs')
      .select('id')
      .where('kind', '=', 'delete-account')
      .executeTakeFirst()
    return left === undefined
  })
}

async function messagesIn(room: string): Promise<Frame[]> {
  return JSON.parse((await bob.get(`/api/rooms/${room}/messages`)).text).messages
}

async function direct(maker: Visitor, other: string): Promise<string> {
  const { headers } = await maker.post('/rooms/direct', { with: other })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

t.test('an account is deleted after its password, and what was said stays without a name', async (t) => {
  const eve = await server.person('eve')
  const id = await idOf('eve')
  const own = await newRoom(eve, 'Of Eve')
  const talk = await enter(eve, own)
  talk.send({ message: 'said by eve', id: 'one' })
  await talk.next('message')
  await bob.get(`/rooms/${own}`)
  const listening = await enter(bob, own)
  listening.send({ message: 'hello eve', id: 'two', reply: 1 })
  while ((await listening.next('message')).id !== 'two');
  talk.send({ type: 'react', seq: 2, emoji: '👍', on: true, id: 'three' })
  await talk.next('done')
  const between = await direct(eve, 'bob')
  await eve.post(`/rooms/${between}/messages`, { message: 'between us' })
  await eve.post(`/rooms/${own}/calculator`, { expression: 'rent = 7' })
  await eve.post('/calculator', { expression: 'secret = 8' })
  await eve.post(`/rooms/${own}/schedule`, { message: 'later', at: '2027-01-01T09:00' })
  await eve.postJson(`/api/rooms/${own}/hooks`, { direction: 'in', name: 'Builds' })
  await eve.post('/account/keys', { name: 'a script', scope: 'read' })
  await eve.post('/account/name', { name: 'Eve Example' })
  await createPasswordLink(database, id, SHELL)

  t.equal((await eve.get('/account/delete')).status, 200)
  t.match(await deleteAccount(eve, 'keep', 'wrong password'), { status: 401, text: /not your password/ })
  t.match(await deleteAccount(eve, 'neither'), { status: 400, text: /Choose what becomes/ })
  t.equal((await eve.get('/account')).status, 200, 'nothing was done')

  const begun = performance.now()
  const answer = await deleteAccount(eve, 'keep')
  t.match([answer.status, answer.headers.get('location')], [303, '/account/deleted'])
  t.match(await talk.closed(), { code: 4001 })
  t.ok(performance.now() - begun < 2_000)
  t.match((await eve.get('/account/deleted')).text, 'Account deleted')
  t.match((await eve.get('/account')).headers.get('location'), /^\/sign-in/)
  await cleared()

  const [first, second] = await messagesIn(own)
  t.match(first, { message: 'said by eve', sender: /^deleted-[0-9a-f]{12}$/, sender_name: 'Deleted account' })
  t.match(second, { message: 'hello eve', reply: { sender_name: 'Deleted account' } })
  t.notOk(second?.reactions, 'reactions go')
  const changed = await listening.next('message')
  t.match(changed, { seq: 2, id: 'two' }, 'which everyone hears')
  t.match((await bob.get(`/rooms/${between}`)).text, 'Deleted account')
  for (const path of [`/rooms/${own}`, `/rooms/${between}`, '/', `/rooms/${own}/calculator`, '/people'])
    t.notMatch((await bob.get(path)).text, /Eve Example|@eve\b|"eve"/, path)
  t.match((await bob.get(`/rooms/${own}/calculator`)).text, 'rent', 'lines of rooms stay')
  t.match((await bob.get(`/rooms/${own}/settings`)).text, 'Archive this room', 'bob owns the room now')

  t.match(await server.visitor().signIn('eve'), { status: 401 })
  t.match(await server.visitor().signUp('eve'), { status: 409, text: /looks like one that is taken/ })
  t.match(await server.visitor().signUp('Deleted-0123'), { status: 409, text: /reserved/ })
  t.equal(await findPerson(database, 'eve'), undefined)
  t.match(await reactivate(database, id, SHELL), { changed: false }, 'it is not brought back')

  const left = await Promise.all(
    (
      [
        ...([
          'sessions',
          'memberships',
          'scheduled',
          'notifications',
          'reactions',
          'password_links',
        ] as const),
        ...([
          'pictures',
          'person_words',
          'push_subscriptions',

          'quiet_hours',
          'sheets',
        ] as const),
      ] as const
    ).map(async (table) => [
      table,
      (await database.selectFrom(table).select('user_id').where('user_id', '=', id).execute()).length,
    ]),
  )
  t.same(
    left.filter(([, count]) => count !== 0),
    [['memberships', 1]],
    'but for the direct room, in which others go on',
  )
  t.same(await database.selectFrom('hooks').select('id').where('created_by', '=', id).execute(), [])
  const [entry] = await auditEntries(database, { person: id, limit: 1 })
  t.match(entry, { action: 'account.delete', actor_id: id, person_id: id })
  listening.close()
})

t.test('what was said goes too where that is chosen, also in a room that is archived', async (t) => {
  const fay = await server.person('fay')
  const room = await newRoom(bob, 'Deleting')
  const archived = await newRoom(bob, 'Archived later')
  for (const slug of [room, archived])
    for (let count = 1; count <= 60; count += 1)
      await app.chat.writer.post(
        await roomId(slug),
        { id: await idOf('fay'), name: 'fay' },
        `word ${count} @bob`,
      )
  await bob.post(`/rooms/${room}/messages`, { message: 'of bob' })
  const listening = await enter(bob, room)
  await fay.get(`/rooms/${archived}`)
  await app.chat.writer.post(await roomId(archived), { id: await idOf('bob'), name: 'bob' }, 'hello')
  const talk = await enter(fay, archived)
  talk.send({ type: 'react', seq: 61, emoji: '🎉', on: true, id: 'r' })
  await talk.next('done')
  await bob.post(`/rooms/${archived}/archive`, {})
  t.equal((await deleteAccount(fay, 'delete')).status, 303)
  await cleared()
  for (let deleted = 0; deleted < 60; ) if ((await listening.next('message')).deleted) deleted += 1
  for (const slug of [room, archived]) {
    const messages = await messagesIn(slug)
    t.same(
      messages.filter(({ deleted }) => !deleted).map(({ message, reactions }) => [message, reactions]),
      [[slug === room ? 'of bob' : 'hello', undefined]],
    )
  }
  const { count } = await database
    .selectFrom('messages')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('text', 'like', 'word %')
    .executeTakeFirstOrThrow()
  t.equal(Number(count), 0)
  listening.close()
})

t.test('the only administrator cannot delete the account, and another can', async (t) => {
  const refused = await deleteAccount(admin, 'keep')
  t.match(refused, { status: 400, text: /only administrator/ })
  const gus = await server.person('gus')
  await database.updateTable('users').set({ role: 'administrator' }).where('name', '=', 'gus').execute()
  t.equal((await deleteAccount(gus, 'keep')).status, 303)
  t.match(await deleteAccount(admin, 'keep'), { status: 400 }, 'and then there is one again')
  await cleared()
})

t.test('clearing goes on where a process left it, and does nothing twice', async (t) => {
  const hal = await server.person('hal')
  const id = await idOf('hal')
  const room = await newRoom(hal, 'Left in the middle')
  await hal.post(`/rooms/${room}/messages`, { message: 'one' })
  await bob.get(`/rooms/${room}`)
  t.equal(await app.accountDeletion.delete(id, { messages: 'delete', by: SHELL }), true)
  t.equal(await app.accountDeletion.delete(id, { messages: 'delete', by: SHELL }), false, 'once')
  await cleared()
  // What another process would be given that takes over after the first was killed, at each step.
  for (const step of [undefined, 'messages', 'rooms', 'of a later version'])
    await database
      .insertInto('jobs')
      .values({
        ...{
          kind: 'delete-account',
          key: null,
          user_id: null,
          attempts: 0,
          run_at: '2000',
          created_at: '2000',
        },
        payload: JSON.stringify({ user: id, former: 'hal', messages: 'delete', ...(step && { step }) }),
      })
      .execute()
  app.jobs.wake()
  await cleared()
  t.same(
    (await messagesIn(room)).map(({ deleted }) => deleted),
    [true],
  )
  t.same(await database.selectFrom('failed_jobs').select('kind').execute(), [])
})

function roomId(slug: string): Promise<number> {
  return database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
    .then(({ id }) => id)
}
