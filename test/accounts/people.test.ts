import t from 'tap'
import { deactivate, reactivate } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { userRow } from '../support/accounts.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('the people page', async (t) => {
  const server = await startServer(t, { SIGN_UPS_PER_ADDRESS: '0', RATE_LIMIT: '0' })
  const { database } = server.app
  const ada = await server.person('ada')
  const named = async (username: string, name: string) => {
    await server.visitor().post('/sign-up', { username, name, password: PASSWORD }, '/sign-up')
  }
  await named('zoe', 'Zoë Müller')
  await named('wang', '王小明')
  await named('mueller-anna', 'Anna-Lena')
  await server.person('bob')
  /** The usernames on a page, in its order. */
  const listed = async (query = '', visitor = ada) => {
    const { text } = await visitor.get(`/people${query}`)
    return [...text.matchAll(/name="with" value="([^"]+)"/g)].map(([, name]) => name)
  }
  const search = (q: string) => listed(`?${new URLSearchParams({ q })}`)

  t.test('people are listed by name, each except oneself with a button to write to them', async (t) => {
    t.same(await listed(), ['mueller-anna', 'bob', 'zoe', 'wang'])
    const { text } = await ada.get('/people')
    t.match(text, '<b class="sender" dir="auto">Zoë Müller</b> <span class="username">@zoe</span>')
    const { headers, status } = await ada.post('/rooms/direct', { with: 'zoe' })
    t.equal(status, 303)
    t.match(headers.get('location'), /^\/rooms\//)
    t.match(await server.visitor().get('/people'), { status: 303 }, 'only for people who are signed in')
  })

  t.test('bots are marked as bots', async (t) => {
    await ada.postJson('/api/bots', { name: 'weather' })
    for (const query of ['', '?q=weather']) {
      const { text } = await ada.get(`/people${query}`)
      t.match(text, /weather<\/b><\/a> <span class="hint">bot<\/span>/)
      t.equal(text.split('>bot<').length, 2, 'nobody else is marked')
    }
    await ada.post('/account/bots/weather/end', {})
  })

  t.test('people are found by the beginnings of words in their names and usernames', async (t) => {
    t.same(await search('zoe'), ['zoe'])
    t.same(await search('MÜLL'), ['zoe'])
    t.same(await search('anna'), ['mueller-anna'])
    t.same(await search('mueller'), ['mueller-anna'])
    t.same(await search('zoe müller'), ['zoe'])
    t.same(await search('zoe anna'), [])
    t.same(await search('小明'), ['wang'])
    for (const q of ['%', '_', '*', '\0', "'", 'x'.repeat(500), '\ud800']) t.same(await search(q), [], q)
    t.match((await ada.get('/people?q=<b>')).text, 'People matching “<bdi>&lt;b&gt;</bdi>”')
  })

  t.test('people are found by a new name at once, and no longer by the old one', async (t) => {
    await ada.post('/account/name', { name: 'Countess' })
    const bob = server.visitor()
    await bob.signIn('bob')
    t.same(await listed('?q=countess', bob), ['ada'])
    await ada.post('/account/name', { name: 'Lovelace' })
    t.same(await listed('?q=countess', bob), [])
    t.same(await listed('?q=love', bob), ['ada'])
  })

  t.test('deactivated people are neither listed nor found', async (t) => {
    const { id = 0 } = (await userRow(server, 'zoe')) ?? {}
    await deactivate(database, id, SHELL)
    t.same(await search('zoe'), [])
    t.notOk((await listed()).includes('zoe'))
    t.equal((await ada.post('/rooms/direct', { with: 'zoe' })).status, 400)
    await reactivate(database, id, SHELL)
    t.same(await search('zoe'), ['zoe'])
  })

  t.test('people are shown fifty to a page', async (t) => {
    const people = Array.from({ length: 120 }, (_, index) => `many-${String(index).padStart(3, '0')}`)
    await database
      .insertInto('users')
      .values(
        people.map((name) => ({ name, sort_name: name, password: '', role: 'member', created_at: '2026' })),
      )
      .execute()
    const first = await ada.get('/people')
    t.match(first.text, 'href="/people?page=2"')
    t.notMatch(first.text, 'Previous page')
    const pages = [await listed(), await listed('?page=2'), await listed('?page=3')]
    t.equal(new Set(pages.flat()).size, 124)
    t.equal(pages[0]?.length, 49, 'without oneself')
    t.notMatch((await ada.get('/people?page=3')).text, 'Next page')
    for (const page of ['0', '', '999999999999999'])
      t.equal((await ada.get(`/people?page=${page}`)).status, 200)
    t.equal((await ada.get('/people?page=x')).status, 400)
  })
})

t.test(
  'pronouns, a status and a time zone are shown to others, and a status ends when it was set to',
  async (t) => {
    const server = await startServer(t)
    const ada = await server.person('ada')
    const bob = await server.person('bob')

    t.equal((await ada.post('/account/pronouns', { pronouns: ' she/her ' })).status, 303)
    t.equal((await ada.post('/account/status', { emoji: '🌴', text: 'On holiday', ends: '1h' })).status, 303)
    await ada.post('/account/time-zone', { zone: 'Asia/Tokyo' })
    const page = (await bob.get('/people/ada')).text
    for (const shown of ['she/her', '🌴', 'On holiday', 'Asia/Tokyo']) t.match(page, shown)
    t.notMatch((await bob.get('/people/bob')).text, 'On holiday')

    t.match(await ada.post('/account/pronouns', { pronouns: 'x'.repeat(41) }), {
      status: 400,
      text: /at most 40/,
    })
    t.match(await ada.post('/account/status', { emoji: 'no', text: '' }), { status: 400, text: /one emoji/ })
    t.match(await ada.post('/account/status', { emoji: '', text: 'x'.repeat(101) }), {
      status: 400,
      text: /at most 100/,
    })
    for (const ends of ['tomorrow', 'constructor', '__proto__'])
      t.match(
        await ada.post('/account/status', { emoji: '🌴', text: 'Away', ends }),
        { status: 400, text: /Choose when the status is cleared/ },
        ends,
      )
    await server.app.database
      .updateTable('profiles')
      .set({ status_until: '2020-01-01T00:00:00.000Z' })
      .execute()
    t.notMatch((await bob.get('/people/ada')).text, 'On holiday', 'it is over')
    t.match((await bob.get('/people/ada')).text, 'she/her')

    t.equal((await bob.get('/people/nobody')).status, 404)
    t.equal((await bob.get('/people/nobody%00')).status, 404)
    t.equal((await server.visitor().get('/people/ada')).status, 303)
  },
)

t.test('a person can change their status at most ten times a minute', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const change = (text: number) => ada.post('/account/status', { emoji: '', text: `${text}` })
  for (let count = 1; count <= 10; count += 1) t.equal((await change(count)).status, 303)
  const refused = await change(11)
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.match((await ada.get('/people/ada')).text, '<bdi>10</bdi>')
})

t.test('a socket is told the statuses of the people that its page lists', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const eve = await server.person('eve')
  const list = bob.socket('/ws/notifications')
  await list.next('blocked')
  await eve.post('/account/status', { emoji: '🎧', text: '' })
  list.send({ type: 'watch', people: ['ada', 'eve', 'nobody'] })
  t.same((await list.next('statuses')).statuses, { ada: null, eve: '🎧', nobody: null })
  await ada.post('/account/status', { emoji: '🌴', text: 'On holiday' })
  t.same((await list.next('statuses')).statuses, { ada: '🌴 On holiday' })

  list.send({ type: 'watch', people: ['eve'] })
  t.same((await list.next('statuses')).statuses, { eve: '🎧' })
  await ada.post('/account/status', { emoji: '', text: 'back' })
  await eve.post('/account/status', { emoji: '', text: '', clear: 'on' })
  t.same((await list.next('statuses')).statuses, { eve: null }, 'but not for those of another page')

  list.send({ type: 'watch', people: Array.from({ length: 101 }, (_, index) => `person-${index}`) })
  t.match(await list.next('error'), { code: 'invalid', error: /at most 100 usernames/ })
  await deactivate(server.app.database, (await personNamed('eve')).id, SHELL)
  list.send({ type: 'watch', people: ['ada', 'eve'] })
  t.same((await list.next('statuses')).statuses, { ada: 'back', eve: null })
  const { key } = JSON.parse((await bob.postJson('/api/keys', { name: 'k', scopes: ['read', 'write'] })).text)
  const program = server.visitor().socket('/ws/notifications', { authorization: `Bearer ${key}` })
  await program.next('rooms')
  program.send({ type: 'watch', people: ['ada'] })
  t.match(await program.next('error'), { code: 'forbidden' })

  const dora = await server.person('dora')
  await dora.post('/account/status', { emoji: '', text: 'about to leave' })
  list.send({ type: 'watch', people: ['dora'] })
  await isTold('dora', 'about to leave')
  await dora.post('/account/delete', { password: PASSWORD, messages: 'keep' })
  await isTold('dora', null)
  for (const socket of [list, program]) socket.close()

  /** Reads on until somebody has a status: what came before may be told once more. */
  async function isTold(name: string, status: string | null): Promise<void> {
    while (Reflect.get(Object((await list.next('statuses')).statuses), name) !== status);
  }

  async function personNamed(name: string): Promise<{ id: number }> {
    const { database } = server.app
    return database.selectFrom('users').select('id').where('name', '=', name).executeTakeFirstOrThrow()
  }
})

t.test(
  'a status is shown beside a name wherever people are listed, and disappears when it ends',
  async (t) => {
    const server = await startServer(t)
    const ada = await server.person('ada')
    const bob = await server.person('bob')
    const direct = (await bob.post('/rooms/direct', { with: 'ada' })).headers.get('location') ?? ''
    await bob.post(`${direct}/messages`, { message: 'hello' })
    const list = bob.socket('/ws/notifications')
    t.equal(statusIn(await list.next('rooms')), undefined)
    const lobby = ada.socket('/ws/chat/lobby')
    await lobby.next('welcome')
    const other = bob.socket('/ws/chat/lobby')
    await other.next('welcome')

    await ada.post('/account/status', { emoji: '🌴', text: 'On holiday', ends: '1h' })
    const told = { type: 'person', sender: 'ada', status: '🌴 On holiday' }
    for (const socket of [lobby, other]) t.match(await socket.next('person'), told)
    await directRoomSays('🌴 On holiday')
    const again = bob.socket('/ws/chat/lobby')
    t.same((await again.next('welcome')).statuses, { ada: '🌴 On holiday' })
    for (const page of ['/', direct, '/people', '/rooms/lobby/settings'])
      t.match((await bob.get(page)).text, 'On holiday', page)

    // As if the hour were over.
    const { database, jobs } = server.app
    await database.updateTable('profiles').set({ status_until: '2020-01-01T00:00:00.000Z' }).execute()
    await database
      .updateTable('jobs')
      .set({ run_at: '2020-01-01T00:00:00.000Z' })
      .where('kind', '=', 'end-status')
      .execute()
    jobs.wake()
    t.equal((await other.next('person')).status, undefined)
    await directRoomSays(undefined)
    t.notMatch((await bob.get('/rooms/lobby/settings')).text, 'On holiday')
    for (const socket of [list, lobby, other, again]) socket.close()

    /** The list tells of other rooms too, and of this one for other reasons. */
    async function directRoomSays(status: string | undefined): Promise<void> {
      for (let told = await list.next('room'); told.kind !== 'direct' || told.status !== status; )
        told = await list.next('room')
    }

    function statusIn({ rooms }: Record<string, unknown>): unknown {
      return Array.isArray(rooms) ? rooms.find(({ kind }) => kind === 'direct')?.status : undefined
    }
  },
)
