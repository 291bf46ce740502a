import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { LOOK_INTERVAL } from '../../src/accounts/session-plugin.ts'
import { enter } from '../support/chat.ts'
import { communicate } from '../support/communicator.ts'
import { eventually } from '../support/eventually.ts'
import { loadPicture, photo, pictureAddresses, sendPicture } from '../support/pictures.ts'
import { run } from '../support/process.ts'
import { at, startTwoProcesses, type TwoProcesses } from '../support/processes.ts'
import { Promised } from '../support/promised.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer } from '../support/server.ts'
import type { TestSocket } from '../support/socket.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

/** Three sockets of one session: at the first process, and at the second in a room and on a sheet. */
async function socketsOf(visitor: Visitor, { second }: TwoProcesses): Promise<TestSocket[]> {
  const there = at(second, visitor)
  const sheet = there.socket('/ws/calculator')
  await sheet.next('welcome')
  return [await enter(visitor, 'lobby'), await enter(there, 'lobby'), sheet]
}

async function staysOpen(t: Test, socket: TestSocket, id: string): Promise<void> {
  socket.send({ message: 'still here', id })
  while ((await socket.next('message')).id !== id);
  t.pass('others are left alone')
}

/** Tests that everything that ends sessions closes sockets in every process. */
function endings(t: Test, processes: TwoProcesses, when: string): void {
  const { folder, first, person } = processes
  const promised = new Promised()
  const allClose = async (t: Test, sockets: readonly TestSocket[], begun: number) => {
    for (const socket of sockets) t.match(await socket.closed(), { code: 4001 })
    promised.note(t, begun)
  }
  const name = (who: string) => `${who}-${when}`

  t.test('signing out at one process closes the sockets of that session at all of them', async (t) => {
    const ada = await person(name('ada'))
    const phone = new Visitor(first.address)
    await phone.signIn(name('ada'))
    const other = await enter(at(processes.second, phone), 'lobby')
    const sockets = await socketsOf(ada, processes)
    const begun = performance.now()
    t.match(await ada.signOut(), { status: 303 })
    await allClose(t, sockets, begun)
    await staysOpen(t, other, name('phone'))
    const stolen = at(processes.second, ada)
    t.match(await stolen.socket('/ws/chat/lobby').closed(), { code: 4001 }, 'and it opens no more sockets')
  })

  t.test('revoking an API key closes its sockets at all processes', async (t) => {
    const ada = await person(name('grace'))
    const made = await ada.postJson('/api/keys', { name: 'script', scopes: ['write'] })
    const { id, key } = JSON.parse(made.text)
    const headers = { authorization: `Bearer ${key}` }
    const sockets = [first, processes.second].map(({ address }) =>
      new Visitor(address, headers).socket('/ws/chat/lobby'),
    )
    for (const socket of sockets) await socket.next('welcome')
    const begun = performance.now()
    const token = { 'x-csrf-token': await ada.token('/account') }
    t.match(await ada.request('DELETE', `/api/keys/${id}`, undefined, token), { status: 204 })
    await allClose(t, sockets, begun)
    t.match(await new Visitor(processes.second.address, headers).get('/api/rooms'), { status: 401 })
  })

  t.test('ending a session from the list closes its sockets, also from another process', async (t) => {
    const ada = await person(name('ann'))
    const phone = new Visitor(first.address)
    await phone.signIn(name('ann'))
    const sockets = await socketsOf(phone, processes)
    const here = at(processes.second, ada)
    const stays = await enter(here, 'lobby')
    const { text } = await here.get('/account')
    const [path = ''] = /\/account\/sessions\/[^/"]+\/end/.exec(text) ?? []
    const begun = performance.now()
    t.match(await here.post(path, {}), { status: 303 })
    await allClose(t, sockets, begun)
    await staysOpen(t, stays, name('ann'))
  })

  t.test('changing the password closes the sockets of all other sessions', async (t) => {
    const bob = await person(name('bob'))
    const phone = new Visitor(first.address)
    await phone.signIn(name('bob'))
    const stays = await enter(at(processes.second, bob), 'lobby')
    const sockets = await socketsOf(phone, processes)
    const begun = performance.now()
    const fields = { current: PASSWORD, password: 'another battery staple' }
    t.match(await bob.post('/account/password', fields), { status: 200 })
    await allClose(t, sockets, begun)
    await staysOpen(t, stays, name('bob'))
  })

  t.test('bin/partyline reset-password closes the sockets of that person', async (t) => {
    const cyd = await person(name('cyd'))
    const dan = await person(name('dan'))
    const stays = await enter(at(processes.second, dan), 'lobby')
    const sockets = await socketsOf(cyd, processes)
    const command = ['bin/partyline', 'reset-password', name('cyd')]
    const { code } = await run(t, { DATA_DIR: folder }, command)
    const begun = performance.now()
    t.equal(code, 0)
    await allClose(t, sockets, begun)
    await staysOpen(t, stays, name('dan'))
  })

  t.test(
    'bin/partyline deactivate closes the sockets of that person, and their tokens open no new ones',
    async (t) => {
      const eve = await person(name('eve'))
      const fay = await person(name('fay'))
      const stays = await enter(at(processes.second, fay), 'lobby')
      const { token } = JSON.parse((await eve.postJson('/api/token', null)).text)
      const sockets = await socketsOf(eve, processes)
      const program = new Visitor(processes.second.address)
      const byToken = program.socket(`/ws/chat/lobby?token=${token}`)
      await byToken.next('welcome')
      const { code } = await run(t, { DATA_DIR: folder }, ['bin/partyline', 'deactivate', name('eve')])
      const begun = performance.now()
      t.equal(code, 0)
      await allClose(t, [...sockets, byToken], begun)
      t.match(await program.socket(`/ws/chat/lobby?token=${token}`).closed(), { code: 4001 })
      t.equal((await program.signIn(name('eve'))).status, 403)
      await staysOpen(t, stays, name('fay'))
    },
  )

  t.test('deleting the account closes its sockets', async (t) => {
    const mia = await person(name('mia'))
    const noa = await person(name('noa'))
    const stays = await enter(at(processes.second, noa), 'lobby')
    const sockets = await socketsOf(mia, processes)
    const begun = performance.now()
    const fields = { messages: 'keep', password: PASSWORD }
    t.match(await mia.post('/account/delete', fields, '/account/delete'), { status: 303 })
    await allClose(t, sockets, begun)
    await staysOpen(t, stays, name('noa'))
  })

  t.test('sockets close within two seconds', async (t) => promised.check(t))

  t.test('a name changed at one process is used at another, on open sockets', async (t) => {
    const gus = await person(name('gus'))
    const there = await enter(at(processes.second, gus), 'lobby')
    t.match(await gus.post('/account/name', { name: `Gus ${when}` }), { status: 303 })
    let tries = 0
    await eventually('the name is known there', async () => {
      const id = `${name('gus')}-${tries++}`
      there.send({ message: 'hello', id })
      for (;;) {
        const frame = await there.next('message')
        if (frame.id === id) return frame.sender_name === `Gus ${when}`
      }
    })
  })

  t.test('a picture sent to one process is shown by the others', async (t) => {
    const ivy = await person(name('ivy'))
    const there = await enter(at(processes.second, ivy), 'lobby')
    t.match(await sendPicture(ivy, await photo()), { status: 303 })
    const [address = ''] = pictureAddresses(await ivy.get('/account')).filter((path) =>
      path.includes('size=large'),
    )
    let tries = 0
    await eventually('the picture is known there', async () => {
      const id = `${name('ivy')}-${tries++}`
      there.send({ message: 'hello', id })
      for (;;) {
        const frame = await there.next('message')
        if (frame.id === id) return address.includes(`?v=${frame.sender_picture}&`)
      }
    })
    t.match(await loadPicture(at(processes.second, ivy), address), { status: 200 })
  })
}

t.test('two processes', withRedis, async (t) => {
  const processes = await startTwoProcesses(t)
  const { first, second, redis } = processes
  t.test('over Redis', async (t) => endings(t, processes, 'redis'))
  t.test('while Redis is away', async (t) => {
    await redis.kill()
    for (const { address } of [first, second])
      await eventually('the loss is seen', async () => !(await fetch(`${address}/readyz`)).ok)
    endings(t, processes, 'alone')
  })
})

t.test('two processes whose Redis is demoted to a replica', withRedis, async (t) => {
  const processes = await startTwoProcesses(t)
  const client = new Redis(processes.redis.port, '127.0.0.1')
  t.teardown(() => client.disconnect())
  // It answers, but accepts no more writes.
  await client.call('REPLICAOF', '127.0.0.1', '1')
  for (const { address } of [processes.first, processes.second])
    await eventually('the loss is seen', async () => !(await fetch(`${address}/readyz`)).ok)
  endings(t, processes, 'demoted')
})

t.test('other processes are told at once when a session ends', withRedis, async (t) => {
  const { url } = await startRedis(t)
  // The second knows nothing of the first one's sessions from its own database: it can only be told.
  const first = await startServer(t, { REDIS_URL: url })
  const second = await startServer(t, { REDIS_URL: url })
  const ada = await first.person('ada')
  await second.person('ada')
  const [session] = await first.app.sessions.list(1)
  const identity = { session: { id: session?.id ?? '' }, user: { id: 1, name: 'ada', administrator: true } }
  const socket = communicate(second.app, '/ws/chat/lobby', { as: identity })
  await socket.connect()
  t.match(await socket.receive(), { type: 'welcome' })

  await ada.signOut()

  t.equal(await socket.closed(), 4001)
})

t.test('a process looks at least once a second for sessions that ended elsewhere', async (t) => {
  t.ok(LOOK_INTERVAL <= 1_000)
})
