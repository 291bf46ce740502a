import t from 'tap'
import { addUser, createPasswordLink, deactivate } from '../../src/accounts/index.ts'
import { usePasswordLink } from '../../src/accounts/password-links.ts'
import { SHELL } from '../../src/audit/index.ts'
import { isSignedIn, userRow } from '../support/accounts.ts'
import { hashAtFullCost } from '../support/passwords.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

async function sessionsOf(server: TestServer, name: string) {
  const user = await userRow(server, name)
  return user ? server.app.sessions.list(user.id) : []
}

t.test('changing the password', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const elsewhere = server.visitor()
  await elsewhere.signIn('ada')
  const bob = await server.person('bob')
  const sockets = {
    here: ada.socket('/ws/chat/lobby'),
    elsewhere: elsewhere.socket('/ws/chat/lobby'),
    bob: bob.socket('/ws/chat/lobby'),
  }
  for (const socket of Object.values(sockets)) await socket.next('welcome')

  t.test('changing the password asks for the current one', async (t) => {
    const answer = await ada.post('/account/password', {
      current: 'wrong password',
      password: 'a new password',
    })
    t.equal(answer.status, 401)
    t.match(answer.text, 'That is not your current password.')
  })

  t.test('a new password follows the same rule as the first', async (t) => {
    for (const password of ['', '1234567', 'p'.repeat(257)]) {
      const answer = await ada.post('/account/password', { current: PASSWORD, password })
      t.equal(answer.status, 400)
      t.match(answer.text, 'A new password must have 8 to 256 characters.')
    }
    t.ok(await isSignedIn(elsewhere), 'a refused change ends no session')
  })

  t.test('changing the password ends the other sessions and closes their sockets with 4001', async (t) => {
    const answer = await ada.post('/account/password', { current: PASSWORD, password: 'a new password' })
    t.equal(answer.status, 200)
    t.match(answer.text, 'Your password has been changed, and you have been signed out everywhere else.')
    t.match(await sockets.elsewhere.closed(), { code: 4001 })
    t.notOk(await isSignedIn(elsewhere))

    t.ok(await isSignedIn(ada))
    t.ok(await isSignedIn(bob))
    sockets.here.send({ message: 'still here' })
    t.match(await sockets.here.next('message'), { message: 'still here' })
    t.match(await sockets.bob.next('message'), { message: 'still here' })
  })

  t.test('only the new password is accepted from then on', async (t) => {
    t.equal((await server.visitor().signIn('ada')).status, 401)
    t.equal((await server.visitor().signIn('ada', 'a new password')).status, 303)
  })
})

t.test('a sign-in with the old password that is in progress when it changes leaves no session', async (t) => {
  hashAtFullCost(t)
  const server = await startServer(t)
  const ada = await server.person('ada')
  const _csrf = await ada.token('/account')
  const others = Array.from({ length: 4 }, () => server.visitor())
  const programs = Array.from({ length: 4 }, () => server.visitor())
  const body = JSON.stringify({ username: 'ada', password: PASSWORD })
  const json = { 'content-type': 'application/json' }
  await Promise.all(others.map((other) => other.token('/sign-in')))
  await Promise.all([
    ada.postBare('/account/password', { current: PASSWORD, password: 'a new password', _csrf }),
    ...others.map((other) => other.signIn('ada')),
    ...programs.map((program) => program.request('POST', '/api/token', body, json)),
  ])
  for (const other of others) t.notOk(await isSignedIn(other))
  t.equal((await sessionsOf(server, 'ada')).length, 1)
})

t.test('of two changes with the same old password, only one succeeds', async (t) => {
  hashAtFullCost(t)
  const server = await startServer(t)
  const visitors = [await server.person('ada'), server.visitor()]
  await visitors[1]?.signIn('ada')
  const answers = await Promise.all(
    visitors.map((visitor, number) =>
      visitor.post('/account/password', { current: PASSWORD, password: `new password ${number}` }),
    ),
  )
  const made = answers.findIndex(({ status }) => status === 200)
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal((await server.visitor().signIn('ada', `new password ${made}`)).status, 303)
})

t.test('sessions on the account page', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const phone = server.visitor({
    'user-agent':
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  })
  await phone.signIn('ada')
  const bob = await server.person('bob')
  const onPhone = phone.socket('/ws/chat/lobby')
  await onPhone.next('welcome')
  const phones = (await sessionsOf(server, 'ada')).find(({ device }) => device === 'Safari on iOS')
  const end = (visitor: Visitor, id: string) => visitor.post(`/account/sessions/${id}/end`, {})

  t.test('a person sees only their own sessions, with device and address', async (t) => {
    const { text } = await ada.get('/account')
    t.match(text, 'Safari on iOS')
    t.match(text, '127.0.0.1')
    t.notMatch((await bob.get('/account')).text, 'Safari on iOS')
  })

  t.test('nobody can end the session of somebody else', async (t) => {
    const answer = await end(bob, phones?.id ?? '')
    t.equal(answer.status, 303, 'the answer does not tell whether the session exists')
    t.ok(await isSignedIn(phone))
  })

  t.test('ending a session with an invalid id is refused', async (t) => {
    t.equal((await end(ada, 'none')).status, 400)
  })

  t.test('a session can be ended by itself, which closes its sockets', async (t) => {
    const answer = await end(ada, phones?.id ?? '')
    t.equal(answer.status, 303)
    t.equal(answer.headers.get('location'), '/account')
    t.match(await onPhone.closed(), { code: 4001 })
    t.notOk(await isSignedIn(phone))
    t.ok(await isSignedIn(ada))
  })

  t.test('a person can end the session that they are using', async (t) => {
    const [own] = await sessionsOf(server, 'ada')
    await end(ada, own?.id ?? '')
    t.notOk(await isSignedIn(ada))
    t.same(await sessionsOf(server, 'ada'), [])
  })
})

t.test('a link to set a password works once, and only the newest one works', async (t) => {
  const server = await startServer(t)
  const { database } = server.app
  await server.person('ada')
  const bob = await addUser(database, 'Bob Ross', false, SHELL)
  t.match(bob, { name: 'bob-ross', displayName: 'Bob Ross', administrator: false })
  const old = await createPasswordLink(database, bob.id, SHELL)
  const link = await createPasswordLink(database, bob.id, SHELL)
  const visitor = server.visitor()
  const page = await visitor.get(link)
  t.equal(page.status, 200)
  t.match(page.text, 'value="bob-ross"')
  t.equal((await visitor.get(old)).status, 404, 'an older link no longer works')
  for (const code of ['a'.repeat(32), 'a'.repeat(20)])
    t.match(await visitor.get(`/password/${code}`), { status: 404, text: /This link is no longer valid/ })
  t.equal((await visitor.post(link, { password: 'short' }, link)).status, 400)
  t.equal((await visitor.post(link, { password: PASSWORD }, link)).status, 303)
  t.ok(await isSignedIn(visitor), 'the link signs the person in')
  t.equal((await server.visitor().get(link)).status, 404, 'the link works once')
  t.equal((await server.visitor().signIn('bob-ross')).status, 303)

  const once = await createPasswordLink(database, bob.id, SHELL)
  const code = once.slice('/password/'.length)
  const uses = await Promise.all(
    ['one password', 'another one'].map((password) => usePasswordLink(database, code, password, '')),
  )
  t.equal(uses.filter(Boolean).length, 1, 'also when two people use it at the same moment')

  const late = await createPasswordLink(database, bob.id, SHELL)
  await database.updateTable('password_links').set({ expires_at: '2020-01-01T00:00:00.000Z' }).execute()
  t.equal((await server.visitor().get(late)).status, 404, 'an expired link does not work')
  const locked = await createPasswordLink(database, bob.id, SHELL)
  await deactivate(database, bob.id, SHELL)
  t.equal((await server.visitor().get(locked)).status, 404, 'there is no link for a deactivated account')
})
