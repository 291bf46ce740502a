import { sql } from 'kysely'
import t from 'tap'
import { createPasswordLink, findPerson, reactivate } from '../../src/accounts/index.ts'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { enter, newRoom, roomRow } from '../support/chat.ts'
import { keepsDataInFolders } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { addressOf, load, sayWith, sentFile } from '../support/files.ts'
import { holdQuery } from '../support/held-query.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

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

/** The columns of all tables that may name an account. */
async function columnsOfPeople(): Promise<string[]> {
  const columns = keepsDataInFolders()
    ? sql<{ name: string }>`
    select m.name || '.' || c.name as name from sqlite_master m, pragma_table_info(m.name) c
    where m.type = 'table' and (c.name in ('user_id', 'actor_id', 'person_id') or exists (
      select 1 from pragma_foreign_key_list(m.name) f where f."from" = c.name and f."table" = 'users'
    ))`
    : sql<{ name: string }>`
    select c.table_name || '.' || c.column_name as name from information_schema.columns c
    where c.table_schema = 'public' and (c.column_name in ('user_id', 'actor_id', 'person_id') or exists (
      select 1 from pg_constraint f
      join pg_attribute a on a.attrelid = f.conrelid and a.attnum = any (f.conkey)
      where f.contype = 'f' and f.confrelid = 'users'::regclass
        and f.conrelid::regclass::text = c.table_name and a.attname = c.column_name
    ))`
  return (await columns.execute(database)).rows.map(({ name }) => name)
}

/** The columns that name this account. */
async function rowsOf(user: number): Promise<string[]> {
  const found: string[] = []
  for (const name of await columnsOfPeople()) {
    const [table = '', column = ''] = name.split('.')
    const has =
      await sql`select 1 from ${sql.table(table)} where ${sql.ref(column)} = ${user} limit 1`.execute(
        database,
      )
    if (has.rows.length > 0) found.push(name)
  }
  return found.sort()
}

function deleteAccount(person: Visitor, messages: string, password = PASSWORD) {
  return person.post('/account/delete', { messages, password }, '/account/delete')
}

/** Starts the job that clears an account at once, and waits until it is done. */
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

async function privateRoom(maker: Visitor, name: string): Promise<string> {
  const { headers } = await maker.post('/rooms', { name, private: 'on' })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

async function direct(maker: Visitor, other: string): Promise<string> {
  const { headers } = await maker.post('/rooms/direct', { with: other })
  return headers.get('location')?.slice('/rooms/'.length) ?? ''
}

t.test(
  'an account is deleted after the password is given, and its messages stay without a name',
  async (t) => {
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
    const shown = await sentFile(eve, between, { name: 'shown.txt', content: 'shown' })
    await sayWith(eve, between, 'with a file', [shown.id])
    const unused = await sentFile(eve, between, { name: 'unused.txt', content: 'unused' })
    await eve.post(`/rooms/${own}/calculator`, { expression: 'rent = 7' })
    await eve.post('/calculator', { expression: 'secret = 8' })
    await eve.request('PUT', `/api/rooms/${own}/draft`, JSON.stringify({ message: 'half' }), {
      'content-type': 'application/json',
      'x-csrf-token': await eve.token('/account'),
    })
    await eve.post(`/rooms/${own}/schedule`, { message: 'later', at: '2027-01-01T09:00' })
    await eve.postJson(`/api/rooms/${own}/hooks`, { direction: 'in', name: 'Builds' })
    await eve.post('/account/keys', { name: 'a script', scope: 'read' })
    const left = await newRoom(bob, 'Left early')
    await eve.get(`/rooms/${left}`)
    await eve.post(`/rooms/${left}/level`, { level: 'nothing' })
    await eve.post(`/rooms/${left}/leave`, {})
    await eve.post('/account/name', { name: 'Eve Example' })
    await eve.post('/account/status', { emoji: '🌴', text: 'away' })
    await createPasswordLink(database, id, SHELL)
    const gil = await server.person('gil')
    for (const [person, name] of [
      [gil, 'eve'],
      [eve, 'gil'],
    ] as const)
      await person.post(`/people/${name}/block`, { on: 'on' })

    t.equal((await eve.get('/account/delete')).status, 200)
    t.match(await deleteAccount(eve, 'keep', 'wrong password'), { status: 401, text: /not your password/ })
    t.match(await deleteAccount(eve, 'neither'), { status: 400, text: /Choose what should happen/ })
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
    t.match(first, {
      message: 'said by eve',
      sender: /^deleted-[0-9a-f]{12}$/,
      sender_name: 'Deleted account',
    })
    t.match(second, { message: 'hello eve', reply: { sender_name: 'Deleted account' } })
    t.notOk(second?.reactions, 'reactions are removed')
    const changed = await listening.next('message')
    t.match(changed, { seq: 2, id: 'two' }, 'and everyone is told')
    t.match((await bob.get(`/rooms/${between}`)).text, 'Deleted account')
    for (const path of [`/rooms/${own}`, `/rooms/${between}`, '/', `/rooms/${own}/calculator`, '/people'])
      t.notMatch((await bob.get(path)).text, /Eve Example|@eve\b|"eve"/, path)
    for (const path of [`/rooms/${between}`, '/'])
      t.notMatch((await bob.get(path)).text, /(?<!of-)\beve\b/, path)
    t.match((await bob.get(`/rooms/${own}/calculator`)).text, 'rent', 'lines in rooms stay')
    t.match((await bob.get(`/rooms/${own}/settings`)).text, 'Archive this room', 'bob owns the room now')

    t.notMatch(
      (await bob.get(`/rooms/${own}/messages/1`)).text,
      '/members/',
      'a deleted account cannot be muted',
    )

    t.match(await server.visitor().signIn('eve'), { status: 401 })
    t.match(await server.visitor().signUp('eve'), {
      status: 409,
      text: /looks too much like one that is taken/,
    })
    t.match(await server.visitor().signUp('Deleted-0123'), { status: 409, text: /reserved/ })
    t.equal(await findPerson(database, 'eve'), undefined)
    t.match(await reactivate(database, id, SHELL), { changed: false }, 'it is not brought back')

    // Who said what, in direct rooms, and what others have to know of: by the number alone.
    const stays = new Set([
      ...['access_changes.user_id', 'audit_entries.actor_id', 'audit_entries.person_id', 'usage.user_id'],
      ...['calculations.sender_id', 'calculations.changed_by', 'sheet_edits.sender_id', 'messages.sender_id'],
      ...['memberships.user_id', 'rooms.created_by', 'notifications.sender_id', 'files.user_id'],
      'blocks.blocked_id',
    ])
    t.same(
      (await rowsOf(id)).filter((column) => !stays.has(column)),
      [],
    )
    t.equal((await load(bob, addressOf(shown))).status, 200, 'a file stays with its message')
    await eventually('a file that no message has is gone', async () => {
      const kept = await database.selectFrom('files').select('id').where('user_id', '=', id).execute()
      return kept.length === 1 && kept[0]?.id !== unused.id
    })
    const [entry] = await auditEntries(database, { person: id, limit: 1 })
    t.match(entry, { action: 'account.delete', actor_id: id, person_id: id })
    listening.close()
  },
)

t.test('frames that are kept for resending lose the name of a deleted account', async (t) => {
  const eric = await server.person('eric')
  const room = await newRoom(eric, 'Kept frames')
  const talk = await enter(bob, room)
  const sheet = bob.socket(`/ws/calculator/${room}?since=0`)
  await sheet.next('welcome')
  await eric.post(`/rooms/${room}/messages`, { message: 'soon without a name' })
  await eric.post(`/rooms/${room}/calculator`, { expression: 'rent = 7' })
  t.match(await talk.next('message'), { sender: 'eric' })
  t.match(await sheet.next('result'), { sender: 'eric' })
  t.equal((await deleteAccount(eric, 'keep')).status, 303)
  for (const [path, type] of [
    [`/ws/chat/${room}?since=0`, 'message'],
    [`/ws/calculator/${room}?since=0`, 'result'],
  ] as const) {
    const late = bob.socket(path)
    t.match(await late.next(type), { rev: 1, sender_name: 'Deleted account' }, path)
    late.close()
  }
  talk.close()
  sheet.close()
  await cleared()
})

t.test('messages are deleted too if the person chooses that, also in archived rooms', async (t) => {
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

t.test('the only administrator cannot delete the account', async (t) => {
  const refused = await deleteAccount(admin, 'keep')
  t.match(refused, { status: 400, text: /only administrator/ })
  const gus = await server.person('gus')
  await database.updateTable('users').set({ role: 'administrator' }).where('name', '=', 'gus').execute()
  t.equal((await deleteAccount(gus, 'keep')).status, 303)
  t.match(await deleteAccount(admin, 'keep'), { status: 400 }, 'a refusal as soon as there is only one again')
  await server.person('lea')
  const path = '/admin/people/lea/delete'
  t.equal((await bob.post(path, { messages: 'keep' })).status, 404)
  t.match(await admin.get(path), { status: 200, text: /Delete the account of/ })
  t.match(await admin.post(path, {}), { status: 400, text: /Choose what should happen/ })
  t.match(await admin.post('/admin/people/admin/delete', { messages: 'keep' }), { status: 400 })
  t.equal((await admin.post(path, { messages: 'keep' })).status, 303)
  t.equal((await admin.get(path)).status, 404)
  t.notMatch((await admin.get('/admin/people')).text, /lea\b|Deleted account/)
  await cleared()
})

t.test('deletion continues where a process left off, and repeats nothing', async (t) => {
  const hal = await server.person('hal')
  const id = await idOf('hal')
  const room = await newRoom(hal, 'Left in the middle')
  await hal.post(`/rooms/${room}/messages`, { message: 'one' })
  await bob.get(`/rooms/${room}`)
  t.equal(await app.accountDeletion.delete(id, { messages: 'delete', by: SHELL }), true)
  t.equal(await app.accountDeletion.delete(id, { messages: 'delete', by: SHELL }), false, 'once')
  await cleared()
  // The job as another process would find it after the first was killed, at each step.
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

t.test('a person exports everything that is theirs, and nobody else can', async (t) => {
  const ida = await server.person('ida')
  const room = await newRoom(bob, 'Shared with Ida')
  await ida.post(`/rooms/${room}/messages`, { message: 'by “ida”\n<two lines>' })
  await bob.post(`/rooms/${room}/messages`, { message: 'by bob' })
  const talk = await enter(ida, room)
  talk.send({ type: 'react', seq: 2, emoji: '👍', on: true, id: 'r' })
  talk.send({ message: 'to be deleted', id: 'gone' })
  let gone = await talk.next('message')
  while (gone.id !== 'gone') gone = await talk.next('message')
  talk.send({ type: 'delete', seq: gone.seq, id: 'd' })
  while ((await talk.next('done')).id !== 'd');
  await ida.post(`/rooms/${room}/calculator`, { expression: 'tip = 3' })
  await ida.post('/calculator', { expression: '1 + 1' })
  await ida.request('PUT', `/api/rooms/${room}/draft`, JSON.stringify({ message: 'half' }), {
    'content-type': 'application/json',
    'x-csrf-token': await ida.token('/account'),
  })
  await ida.post(`/rooms/${room}/schedule`, { message: 'later', at: '2027-01-01T09:00' })
  await ida.postJson('/api/keys', { name: 'a script', scopes: ['read'] })
  await ida.post('/account/name', { name: 'Ida Example' })
  await ida.post('/account/pronouns', { pronouns: 'she/her' })
  await direct(ida, 'bob')
  await server.person('jan')
  await ida.post('/people/jan/block', { on: 'on' })

  const file = JSON.parse((await ida.get(await exportOf(ida))).text)
  t.same(Object.keys(file), [
    ...[
      'exported_at',
      'profile',
      'sessions',
      'keys',
      'blocked',
      'rooms',
      'drafts',
      'files',
      'messages',
      'reactions',
      'lines',
    ],
    ...['notifications', 'quiet_hours', 'push_subscriptions', 'scheduled', 'hooks'],
  ])
  t.match(file, {
    profile: [{ username: 'ida', name: 'Ida Example', role: 'member', pronouns: 'she/her', picture: null }],
    sessions: [{ device: String, address: '127.0.0.1' }],
    keys: [{ name: 'a script', scopes: ['read'] }],
    blocked: [{ name: 'jan', blocked_at: String }],
    messages: [{ room, seq: 1, message: 'by “ida”\n<two lines>', at: String }],
    reactions: [{ room, seq: 2, emoji: '👍' }],
    lines: [
      { room, expression: 'tip = 3' },
      { room: null, expression: '1 + 1' },
    ],
    scheduled: [{ room, kind: 'message', text: 'later' }],
    drafts: [{ room, text: 'half' }],
  })
  for (const [name, count] of Object.entries({ messages: 1, reactions: 1, lines: 2, scheduled: 1, keys: 1 }))
    t.equal(file[name].length, count, name)
  t.same(
    file.rooms.map(({ name, role }: Frame) => [name, role]),
    [
      ['Shared with Ida', 'member'],
      ['bob', 'member'],
    ],
  )
  const url = urlIn((await ida.get('/account/export')).text)
  t.equal(await exportOf(ida), url, 'a recent export is not written again')
  t.equal((await bob.get(url)).status, 404)
  t.equal((await server.visitor().get(url)).status, 303)
  const { headers } = await ida.get(url)
  t.equal((await ida.request('HEAD', url)).status, 405, 'a visitor cannot have it read for nothing')
  t.match(headers.get('content-disposition'), /^attachment; filename="partyline-\d{4}-\d\d-\d\d\.json"$/)

  talk.send({ type: 'delete', seq: 1, id: 'e' })
  while ((await talk.next('done')).id !== 'e');
  t.equal((await ida.get(url)).status, 404, 'deleted messages are no longer in any file')
  t.match((await ida.get('/account/export')).text, 'A message in it was deleted')
  t.same(await database.selectFrom('account_export_parts').select('number').execute(), [])
  const again = JSON.parse((await ida.get(await exportOf(ida))).text)
  t.same(again.messages, [])
  const id = (await ida.get('/account/export')).text.match(/export-([0-9a-f-]{36})/)?.[1] ?? ''
  t.match(JSON.parse((await ida.get(`/api/jobs/${id}`)).text), { kind: 'account-export', state: 'done' })
  t.equal((await bob.post(`/account/export/${id}/delete`, {})).status, 404)
  t.equal((await ida.post(`/account/export/${id}/delete`, {})).status, 303)
  t.match((await ida.get('/account/export')).text, 'You have no export yet')
  talk.close()
})

t.test(
  'an export has nothing that others wrote, nor the values of a room that the person was removed from',
  async (t) => {
    const jo = await server.person('jo')
    const room = await privateRoom(bob, 'Jo was here')
    await bob.post(`/rooms/${room}/members`, { name: 'jo' })
    for (const expression of ['mine = 2', 'kept = 3'])
      await jo.post(`/rooms/${room}/calculator`, { expression })
    await bob.post(`/rooms/${room}/calculator/lines/1`, { expression: 'mine = 777', base: '1' })
    await bob.post(`/rooms/${room}/messages`, { message: 'psst, @jo' })
    await eventually('jo is notified', async () => (await jo.get('/notifications')).text.includes('psst'))
    const before = JSON.parse((await jo.get(await exportOf(jo))).text)
    t.match(before.lines, [{ room, expression: 'kept = 3', value: '3' }])
    t.equal(before.lines.length, 1)
    t.match(before.notifications, [{ event: 'mention', room }])

    await bob.post(`/rooms/${room}/members/jo/remove`, {})
    t.match((await bob.get(`/rooms/${room}/members/jo`)).text, 'was removed from the room')
    await database.deleteFrom('account_exports').execute()
    const after = JSON.parse((await jo.get(await exportOf(jo))).text)
    t.match(after.lines, [{ expression: 'kept = 3', value: undefined }])
    t.same(after.notifications, [])
  },
)

t.test('messages deleted while an export is read, or with their room, are not in the file', async (t) => {
  const lou = await server.person('lou')
  const room = await privateRoom(bob, 'Doomed with Lou')
  await bob.post(`/rooms/${room}/members`, { name: 'lou' })
  const talk = await enter(lou, room)
  const say = async (id: string) => {
    talk.send({ id, message: `the ${id}` })
    let frame = await talk.next('message')
    while (frame.id !== id) frame = await talk.next('message')
    return frame.seq
  }
  const first = await say('first')
  await say('second')
  const reading = holdQuery(database, /"text" as "message"/)
  await lou.post('/account/export', {}, '/account/export')
  await reading.hasRead
  talk.send({ type: 'delete', seq: first, id: 'd' })
  while ((await talk.next('done')).id !== 'd');
  reading.release()
  await eventually('it is given up', async () =>
    (await lou.get('/account/export')).text.includes('A message in it was deleted'),
  )
  const url = await exportOf(lou)
  const file = JSON.parse((await lou.get(url)).text)
  t.match(file.messages, [{ message: 'the second' }])
  const { id } = await roomRow(app, room)
  t.equal((await admin.post(`/admin/rooms/${id}/delete`, {})).status, 303)
  // If the file is removed while it is being sent, the connection breaks.
  await eventually('the file is gone', async () => (await lou.get(url).catch(() => null))?.status === 404)
  talk.close()
})

t.test('a long export continues in another process, and has nothing twice', async (t) => {
  const count = 8_000
  const place = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0' }
  const first = await startServer(t, place)
  const ada = await first.person('ada')
  const room = await newRoom(ada, 'Large')
  const { id: room_id } = await first.app.database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
  for (let start = 0; start < count; start += 1_000)
    await first.app.database
      .insertInto('messages')
      .values(
        Array.from({ length: 1_000 }, (_, index) => ({
          ...{ room_id, seq: start + index + 1, rev: start + index + 1, sender_id: 1 },
          ...{
            client_id: `m${start + index}`,
            text: 'x'.repeat(400),
            created_at: '2026-01-01T00:00:00.000Z',
          },
        })),
      )
      .execute()
  await first.app.database.updateTable('rooms').set({ rev: count }).where('slug', '=', room).execute()
  await ada.post('/account/export', {})
  const partsOf = async ({ app }: typeof first) =>
    (await app.database.selectFrom('account_exports').select('parts').executeTakeFirst())?.parts ?? 0
  await eventually('it has begun', async () => (await partsOf(first)) > 0)
  await first.app.close()

  const second = await startServer(t, place)
  const before = await second.app.database.selectFrom('account_exports').selectAll().executeTakeFirst()
  t.match(before, { state: 'running' })
  await second.app.database
    .updateTable('jobs')
    .set({ run_at: '2000' })
    .where('kind', '=', 'export-account')
    .execute()
  second.app.jobs.wake()
  const there = new Visitor(second.address)
  for (const [name, value] of ada.cookies) there.cookies.set(name, value)
  const url = await fileOf(there)
  const { text } = await there.get(url)
  const { messages } = JSON.parse(text)
  t.equal(messages.length, count)
  t.ok(messages.every(({ seq }: Frame, index: number) => seq === index + 1))
  t.ok((await partsOf(second)) > 4, 'in pieces')
  await second.app.database.deleteFrom('account_export_parts').where('number', '=', 4).execute()
  const begun = performance.now()
  await t.rejects(there.get(url), 'a part that is deleted while it is sent breaks off the download')
  t.ok(performance.now() - begun < 30_000, 'and nobody waits for the rest')
  // By then the connection of the download is idle, and does not hold the end of the test.
  t.equal((await there.get('/account')).status, 200)
})

t.test(
  'in a browser, a person mutes somebody from a message and deletes their account',
  inBrowser,
  async (t) => {
    const kim = await server.person('kim')
    const room = await newRoom(bob, 'Loud')
    await kim.post(`/rooms/${room}/messages`, { message: 'LOUD' })
    const page = await (await openBrowser(t, bob)).newPage()
    await page.goto(`/rooms/${room}`)
    await page.getByRole('button', { name: 'Actions for this message from kim' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menuitem', { name: 'Mute …' }).press('Enter')
    await page.getByRole('button', { name: 'Mute', exact: true }).click()
    await page.getByText('muted until').waitFor()

    const leaving = await (await openBrowser(t, kim)).newPage()
    await leaving.goto(`/rooms/${room}`)
    await leaving.getByText('You are muted in this room until').waitFor()
    await leaving.goto('/account/delete')
    await leaving.getByLabel('Delete my messages').check()
    await leaving.getByLabel('Your password').fill(PASSWORD)
    await leaving.getByRole('button', { name: 'Delete my account' }).click()
    await leaving.getByRole('heading', { name: 'Account deleted' }).waitFor()
    await cleared()
    await page.goto(`/rooms/${room}`)
    await page.getByText('This message was deleted.').waitFor()
  },
)

/** Exports a person's data. @returns the address of the file */
async function exportOf(person: Visitor): Promise<string> {
  const { status } = await person.post('/account/export', {}, '/account/export')
  if (status !== 303) throw new Error(`no export was begun: ${status}`)
  return fileOf(person)
}

async function fileOf(person: Visitor): Promise<string> {
  let url = ''
  await eventually('the file is there', async () => {
    url = urlIn((await person.get('/account/export')).text)
    return url !== ''
  })
  return url
}

function urlIn(text: string): string {
  return /\/account\/export\/[0-9a-f-]{36}\/partyline-[\d-]+\.json/.exec(text)?.[0] ?? ''
}
