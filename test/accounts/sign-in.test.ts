import t from 'tap'
import { pageWords } from '../support/accounts.ts'
import { eventually } from '../support/eventually.ts'
import { hashAtFullCost } from '../support/passwords.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('the page after signing in', async (t) => {
  const server = await startServer(t)
  await server.person('ada')
  const local = ['/', '/rooms/lobby', '/rooms/lobby?before=7', '/%2f/evil.example', '/a//b']
  const foreign = [
    '',
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '\\\\evil.example',
    'evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/x/..//evil.example',
    ' //evil.example',
    '///evil.example',
    'http:evil.example',
  ]

  for (const path of local) {
    t.test(`signing in leads to ${path}, a path of this site`, async (t) => {
      const answer = await server.visitor().signIn('ada', PASSWORD, path)
      t.match(answer, { status: 303 })
      t.equal(answer.headers.get('location'), path)
    })
  }
  for (const path of foreign) {
    t.test(`signing in leads to / rather than to ${JSON.stringify(path)}`, async (t) => {
      const answer = await server.visitor().signIn('ada', PASSWORD, path)
      t.equal(answer.headers.get('location'), '/')
    })
  }

  t.test('the same rule holds after signing up, and for a person who is already signed in', async (t) => {
    const bob = server.visitor()
    t.equal((await bob.signUp('bob', PASSWORD, '//evil.example')).headers.get('location'), '/')
    for (const page of ['/sign-in', '/sign-up']) {
      const there = await bob.get(`${page}?next=${encodeURIComponent('/rooms/lobby')}`)
      t.match(there, { status: 303 })
      t.equal(there.headers.get('location'), '/rooms/lobby')
      t.equal((await bob.get(`${page}?next=//evil.example`)).headers.get('location'), '/')
    }
  })

  t.test('a page that needs a session sends a visitor to sign in and then back', async (t) => {
    const visitor = server.visitor()
    const sent = await visitor.get('/rooms/lobby?before=7')
    t.match(sent, { status: 303 })
    t.equal(sent.headers.get('location'), '/sign-in?next=%2Frooms%2Flobby%3Fbefore%3D7')
    t.match((await visitor.get(sent.headers.get('location') ?? '')).text, '/rooms/lobby?before=7')
  })
})

t.test('a wrong password and an unknown username get the same answer', async (t) => {
  const server = await startServer(t)
  await server.person('ada')
  const wrong = await server.visitor().signIn('ada', 'wrong password')
  const unknown = await server.visitor().signIn('bob', 'wrong password')

  t.equal(wrong.status, 401)
  t.equal(unknown.status, 401)
  t.match(wrong.text, 'Wrong username or password.')
  t.equal(pageWords(unknown).replaceAll('bob', 'ada'), pageWords(wrong))
})

t.test('an unknown username takes as much work to refuse as a wrong password', async (t) => {
  hashAtFullCost(t)
  const server = await startServer(t)
  await server.person('ada')
  const visitor = server.visitor()
  const _csrf = await visitor.token('/sign-in')
  // The processor's time, which is the same however busy the machine is.
  const least = async (username: string) => {
    let least = Infinity
    for (let tries = 0; tries < 5; tries += 1) {
      const before = process.cpuUsage()
      await visitor.postBare('/sign-in', { username, password: 'wrong password', _csrf })
      least = Math.min(least, process.cpuUsage(before).user / 1000)
    }
    return least
  }
  const known = await least('ada')
  const unknown = await least('bob')
  t.ok(unknown > known / 2, `${unknown} ms for an unknown name, ${known} ms for a wrong password`)
})

t.test('after ten wrong passwords', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  await server.person('ada')
  await server.person('bob')
  const here = server.visitor({ 'x-forwarded-for': '192.0.2.1' })
  const _csrf = await here.token('/sign-in')
  const sign = (username: string, password: string) =>
    here.postBare('/sign-in', { username, password, _csrf })

  t.test('no more passwords are checked for that name from that address', async (t) => {
    const statuses = await Promise.all(
      Array.from(
        { length: 14 },
        async (_, number) => (await sign(number % 2 ? 'ada' : 'ADA', 'wrong password')).status,
      ),
    )
    t.equal(statuses.filter((status) => status === 401).length, 10)
    t.equal(statuses.filter((status) => status === 429).length, 4)
  })

  t.test('the right password is refused too, with the time to wait', async (t) => {
    const answer = await sign('ada', PASSWORD)
    t.equal(answer.status, 429)
    t.match(answer.text, 'Too many wrong passwords. Wait a little, then try again.')
    const seconds = Number(answer.headers.get('retry-after'))
    t.ok(seconds > 0 && seconds <= 300, `${seconds} s`)
  })

  t.test('other people at that address, and the same person elsewhere, can still sign in', async (t) => {
    t.equal((await sign('bob', PASSWORD)).status, 303)
    const elsewhere = server.visitor({ 'x-forwarded-for': '192.0.2.2' })
    t.equal((await elsewhere.signIn('ada')).status, 303)
  })

  t.test('wrong current passwords at /account count too', async (t) => {
    const bob = server.visitor({ 'x-forwarded-for': '192.0.2.3' })
    await bob.signIn('bob')
    const fields = {
      current: 'wrong password',
      password: 'a new password',
      _csrf: await bob.token('/account'),
    }
    for (let tries = 0; tries < 10; tries += 1)
      t.equal((await bob.postBare('/account/password', fields)).status, 401)
    const answer = await bob.postBare('/account/password', { ...fields, current: PASSWORD })
    t.equal(answer.status, 429)
    t.ok(Number(answer.headers.get('retry-after')) > 0)
  })
})

t.test('right passwords do not count as attempts', async (t) => {
  const server = await startServer(t)
  await server.person('ada')
  for (let times = 0; times < 12; times += 1) t.equal((await server.visitor().signIn('ada')).status, 303)
})

t.test('a hundred wrong passwords for many names block an address', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  await server.person('ada')
  const here = server.visitor({ 'x-forwarded-for': '192.0.2.1' })
  const _csrf = await here.token('/sign-in')
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, number) =>
      here.postBare('/sign-in', { username: `name-${number}`, password: 'wrong password', _csrf }),
    ),
  )
  t.ok(answers.every(({ status }) => status === 401))
  t.equal((await here.postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status, 429)
  t.equal((await server.visitor({ 'x-forwarded-for': '192.0.2.2' }).signIn('ada')).status, 303)
})

t.test('strangers who try to sign in from many addresses do not delay anybody else', async (t) => {
  hashAtFullCost(t)
  const server = await startServer(t, { TRUST_PROXY: 'loopback', SIGN_UPS_PER_ADDRESS: '0' })
  const ada = server.visitor({ 'x-forwarded-for': '192.0.2.1' })
  await ada.signUp('ada')
  const strangers = Array.from({ length: 8 }, (_, index) =>
    server.visitor({ 'x-forwarded-for': `198.51.100.${index}` }),
  )
  const tokens = await Promise.all(strangers.map((stranger) => stranger.token('/sign-in')))
  const ada2 = server.visitor({ 'x-forwarded-for': '192.0.2.1' })
  const _csrf = await ada2.token('/sign-in')
  const order: string[] = []
  const tries = strangers.flatMap((stranger, index) =>
    Array.from({ length: 8 }, async (_, count) => {
      const fields = { password: 'wrong password', _csrf: tokens[index] ?? '' }
      // Her name too: what others guess does not slow her down where she has been before.
      const username = count < 2 ? 'ada' : `made-up-${index}-${count}`
      await stranger.postBare(count < 4 ? '/sign-in' : '/sign-up', { ...fields, username })
      order.push('stranger')
    }),
  )
  await eventually('strangers are being looked at', async () => order.length > 8)
  const before = order.length
  t.equal((await ada2.postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status, 303)
  t.ok(order.length - before < 24, `${order.length - before} of ${tries.length} were looked at before her`)
  await Promise.all(tries)
})
