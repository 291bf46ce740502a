import t from 'tap'
import { deactivate, LastAdministrator, reactivate, setAdministrator } from '../../src/accounts/index.ts'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { isSignedIn, pageWords, userRow } from '../support/accounts.ts'
import { hashAtFullCost } from '../support/passwords.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

t.test('signing up signs a person in and leads to the rooms', async (t) => {
  const server = await startServer(t)
  const ada = server.visitor()
  const answer = await ada.signUp('ada')

  t.match(answer, { status: 303 })
  t.equal(answer.headers.get('location'), '/')
  t.ok(await isSignedIn(ada))
})

t.test('only the first account is an administrator', async (t) => {
  const server = await startServer(t)
  await Promise.all(['ada', 'bob', 'cleo'].map((name) => server.person(name)))
  await server.person('dan')
  const roles = await server.app.database.selectFrom('users').select('role').orderBy('id').execute()
  t.same(
    roles.map(({ role }) => role),
    ['administrator', 'member', 'member', 'member'],
  )
})

t.test('names and passwords', async (t) => {
  const server = await startServer(t, { SIGN_UPS_PER_ADDRESS: '0' })

  t.test('a username has 2 to 32 characters of a to z, 0 to 9, _ and -', async (t) => {
    for (const name of ['ab', 'a'.repeat(32), '00', '__', '--', 'a-b_9']) {
      t.equal((await server.visitor().signUp(name)).status, 303, name)
    }
    for (const name of ['a', 'a'.repeat(33), 'a b', 'ada!', 'añe', 'ad\0a', 'ａda', '\u202eada']) {
      const visitor = server.visitor()
      const answer = await visitor.signUp(name)
      t.equal(answer.status, 400, JSON.stringify(name))
      t.match(answer.text, 'A username must have 2 to 32 of these characters: a to z, 0 to 9, _ and -.')
      t.notOk(await isSignedIn(visitor))
    }
  })

  t.test('a password has 8 to 256 characters of any kind', async (t) => {
    const passwords = [
      '12345678',
      'p'.repeat(256),
      '😀'.repeat(8),
      '😀'.repeat(256),
      ' '.repeat(8),
      '\0\r\n\u202e\u200b"\'<>',
      '+%20&=;ü–',
    ]
    for (const [number, password] of passwords.entries()) {
      const name = `person-${number}`
      t.equal((await server.visitor().signUp(name, password)).status, 303, JSON.stringify(password))
      t.equal((await server.visitor().signIn(name, password)).status, 303, JSON.stringify(password))
      t.equal((await server.visitor().signIn(name, password.slice(0, -1))).status, 401)
    }
    for (const password of ['', '1234567', '😀'.repeat(7), 'p'.repeat(257), '😀'.repeat(257)]) {
      const answer = await server.visitor().signUp('nobody', password)
      t.equal(answer.status, 400, String(password.length))
      t.match(answer.text, 'A password must have 8 to 256 characters.')
    }
    t.notOk(await userRow(server, 'nobody'))
  })

  t.test('a password typed in another Unicode form is the same password', async (t) => {
    await server.visitor().signUp('zoe', 'ca\u0301fe\u0301 con leche')
    t.equal((await server.visitor().signIn('zoe', 'cáfé con leche')).status, 303)
  })

  t.test('a username may be typed in either case', async (t) => {
    await server.visitor().signUp('Grace')
    t.ok(await userRow(server, 'grace'))
    t.equal((await server.visitor().signIn('gRACE')).status, 303)
  })

  t.test('spaces around a username are ignored', async (t) => {
    t.equal((await server.visitor().signUp(' barbara\n')).status, 303)
    t.ok(await userRow(server, 'barbara'))
    t.equal((await server.visitor().signIn(`\t${' '.repeat(40)}barbara `)).status, 303)
    const body = JSON.stringify({ username: ' barbara ', password: PASSWORD })
    const json = { 'content-type': 'application/json' }
    t.equal((await server.visitor().request('POST', '/api/token', body, json)).status, 200)
  })

  t.test('a username that looks like one that is taken is refused', async (t) => {
    await server.visitor().signUp('morgan10')
    for (const name of ['rnorgan10', 'm0rgan10', 'morganl0', 'Morganlo']) {
      const answer = await server.visitor().signUp(name)
      t.equal(answer.status, 409, name)
      t.match(
        answer.text,
        `The username ${name.toLowerCase()} looks too much like one that is taken. Choose another.`,
      )
    }
    for (const name of ['morgan1', 'morgan01', 'morgan-10', 'morgan_10', 'norgan10'])
      t.equal((await server.visitor().signUp(name)).status, 303, name)
    const both = await Promise.all([server.visitor().signUp('bill'), server.visitor().signUp('bil1')])
    t.same(both.map(({ status }) => status).sort(), [303, 409], 'by two at the same moment too')
  })

  t.test(
    'usernames that seem to speak for the site are reserved, except for the first account',
    async (t) => {
      for (const name of ['admin', 'Everyone', 'here', 'adrnin', 'a11']) {
        const answer = await server.visitor().signUp(name)
        t.equal(answer.status, 409, name)
        t.match(answer.text, `The username ${name.toLowerCase()} is reserved. Choose another.`)
      }
      t.equal((await server.visitor().signUp('admin-of-none')).status, 303)
      const another = await startServer(t)
      t.match(await another.visitor().signUp('admin'), { status: 303 }, 'except for the first account')
    },
  )

  t.test(
    'a username can be taken only once, in either case and by two people at the same moment',
    async (t) => {
      await server.visitor().signUp('alan')
      const answer = await server.visitor().signUp('ALAN', 'another password')
      t.equal(answer.status, 409)
      t.match(answer.text, 'The username alan is taken')
      t.equal((await server.visitor().signIn('alan', 'another password')).status, 401)

      const both = await Promise.all([server.visitor().signUp('eve'), server.visitor().signUp('Eve')])
      t.same(both.map(({ status }) => status).sort(), [303, 409])
    },
  )

  t.test(
    'a form with missing or repeated fields, or no form at all, is answered with the form',
    async (t) => {
      const visitor = server.visitor()
      const _csrf = await visitor.token('/sign-up')
      const forms = [
        {},
        { username: 'hedy' },
        { password: PASSWORD },
        [
          ['username', 'hedy'],
          ['username', 'hedi'],
          ['password', PASSWORD],
        ],
      ]
      for (const path of ['/sign-up', '/sign-in']) {
        for (const form of forms) {
          const body = new URLSearchParams(form)
          body.set('_csrf', _csrf)
          const answer = await visitor.request('POST', path, body)
          t.equal(answer.status, 400, `${path} ${body}`)
          t.match(answer.text, 'name="_csrf"')
        }
      }
      t.notOk(await userRow(server, 'hedy'))
    },
  )
})

t.test('display names', async (t) => {
  const server = await startServer(t, { SIGN_UPS_PER_ADDRESS: '0', RATE_LIMIT: '0' })
  await server.person('first')
  const signUp = async (fields: Record<string, string>) => {
    const visitor = server.visitor()
    return { visitor, answer: await visitor.post('/sign-up', { password: PASSWORD, ...fields }, '/sign-up') }
  }

  t.test('a username is made from the display name if none is given', async (t) => {
    const { answer, visitor } = await signUp({ name: '  Zoë   Müller ', username: '' })
    t.equal(answer.status, 303)
    t.match(await userRow(server, 'zoe-mueller'), { display_name: 'Zoë Müller' })
    t.match((await visitor.get('/account')).text, 'You sign in as <b>zoe-mueller</b>')
    t.equal((await signUp({ name: 'Zoë Müller' })).answer.status, 303)
    t.match(
      await userRow(server, 'zoe-mueller-2'),
      { display_name: 'Zoë Müller' },
      'with a number if it is taken',
    )
    t.equal((await signUp({ name: '王小明' })).answer.status, 303)
    t.match(await userRow(server, 'wang-xiao-ming'), { display_name: '王小明' })
    t.equal((await signUp({ name: '■' })).answer.status, 303)
    t.match(await userRow(server, 'person'), { display_name: '■' })
    t.equal((await signUp({ name: 'Ö' })).answer.status, 303)
    t.match(await userRow(server, 'oe'), { display_name: 'Ö' })
  })

  t.test('a form with only a username makes an account without a display name', async (t) => {
    t.equal((await signUp({ username: 'alone' })).answer.status, 303)
    t.match(await userRow(server, 'alone'), { display_name: null })
  })

  t.test(
    'many people with the same name who sign up at the same moment all get a free username',
    async (t) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => signUp({ name: 'Same Name' })))
      t.same(new Set(answers.map(({ answer }) => answer.status)), new Set([303]))
    },
  )

  t.test('a chosen username that is taken is refused, and a free one is suggested', async (t) => {
    t.equal((await signUp({ name: 'Emmy Noether', username: 'emmy' })).answer.status, 303)
    const { answer } = await signUp({ name: 'Emmy N.', username: 'emmy' })
    t.equal(answer.status, 409)
    t.match(answer.text, 'The username emmy is taken. Choose another. emmy-n is available.')
    t.match(answer.text, 'value="emmy-n"')
    t.match(answer.text, 'value="Emmy N."')
  })

  t.test(
    'a display name may be in any script, but may not look like somebody’s username or the site itself',
    async (t) => {
      const ada = await server.person('ada')
      const change = (name: string) => ada.post('/account/name', { name })
      for (const name of [
        'X',
        'Ada Lovelace',
        'שרה',
        '👩‍🚀 Ada',
        'é'.repeat(60),
        'e\u0301'.repeat(60),
        'O’Brien <b>',
      ]) {
        t.equal((await change(name)).status, 303, name)
        t.equal((await userRow(server, 'ada'))?.display_name, name.normalize('NFC'))
      }
      const faults = {
        'Enter your name.': ['', ' ', '\u200b', '\u3164'],
        'A name can have at most 60 characters.': [
          'x'.repeat(61),
          '👩‍👩‍👧‍👦'.repeat(30),
          'x'.repeat(100_000),
        ],
        'A name must be a single line': ['a\u0000b', 'a\u0007b'],
        'A name cannot contain invisible characters.': ['ad\u200ba', '\u202eada', 'a\u2066b'],
        'There are too many accents': [`a${'\u0301'.repeat(12)}`],
        'A name cannot contain @': ['ada @bob', 'ada ＠bob', '@all'],
        'is reserved': ['Admin', 'SYSTEM', 'Everуone', 'p4rtyline'.replace('4', 'а')],
      }
      for (const [fault, names] of Object.entries(faults))
        for (const name of names) {
          const answer = await change(name)
          t.equal(answer.status, 400, JSON.stringify(name))
          t.match(answer.text, fault, JSON.stringify(name))
        }
      t.equal((await userRow(server, 'ada'))?.display_name, 'O’Brien <b>')
      t.match((await ada.get('/account')).text, 'O’Brien &lt;b&gt;')
      for (const name of ['Admin', 'a @b']) t.not((await signUp({ name })).answer.status, 303, name)
      t.equal((await change('ada')).status, 303)
      t.equal(
        (await userRow(server, 'ada'))?.display_name,
        null,
        'the username itself is not stored as a display name',
      )
    },
  )
})

t.test('a username that is taken is refused before the password is hashed', async (t) => {
  hashAtFullCost(t)
  const server = await startServer(t)
  await server.person('ada')
  const visitor = server.visitor()
  const _csrf = await visitor.token('/sign-up')
  const least = async (username: string) => {
    let least = Infinity
    for (let tries = 0; tries < 5; tries += 1) {
      const before = process.cpuUsage()
      await visitor.postBare('/sign-up', { username, password: PASSWORD, _csrf })
      least = Math.min(least, process.cpuUsage(before).user / 1000)
    }
    return least
  }
  const invalid = await least('a')
  const taken = await least('ada')
  t.ok(taken - invalid < 12, `${taken} ms for a name that is taken, ${invalid} ms for none`)
})

t.test('with sign-up closed', async (t) => {
  const server = await startServer(t, { SIGN_UP: 'closed' })
  const firsts = [server.visitor(), server.visitor()]
  const tokens = await Promise.all(firsts.map((visitor) => visitor.token('/sign-up')))

  t.test('one of the people who try at the same moment makes the first account', async (t) => {
    const answers = await Promise.all(
      firsts.map((visitor, number) =>
        visitor.postBare('/sign-up', {
          username: `first-${number}`,
          password: PASSWORD,
          _csrf: tokens[number] ?? '',
        }),
      ),
    )
    t.same(answers.map(({ status }) => status).sort(), [303, 403])
  })

  t.test('nobody else can make an account', async (t) => {
    const visitor = server.visitor()
    const page = await visitor.get('/sign-up')
    t.equal(page.status, 403)
    t.match(page.text, 'Ask somebody who has an account for an invitation')
    const answer = await visitor.post('/sign-up', { username: 'late', password: PASSWORD }, '/sign-in')
    t.equal(answer.status, 403)
    t.match(answer.text, 'Ask somebody who has an account for an invitation')
    t.notOk(await userRow(server, 'late'))
  })

  t.test(
    'no page offers to make an account, and visitors are told that they need an invitation',
    async (t) => {
      for (const path of ['/', '/sign-in']) {
        const { text } = await server.visitor().get(path)
        t.notMatch(text, '/sign-up', path)
        t.match(text, 'need an invitation', path)
      }
    },
  )
})

t.test('with sign-up closed, a feature may admit visitors who bring an invitation', async (t) => {
  const codes = new Set(['good'])
  const server = await startServer(t, { SIGN_UP: 'closed' }, {}, async (app) => {
    app.signUpPolicy.admit(async (next) => codes.has(next.slice('/party/'.length)))
    app.get('/party/:code', async () => 'joined')
  })
  await server.person('ada')
  const bob = server.visitor()
  const page = '/sign-up?next=/party/good'
  t.equal((await bob.get(page)).status, 200)
  t.match((await bob.get('/sign-in?next=/party/good')).text, 'href="/sign-up?next=%2Fparty%2Fgood"')
  t.equal((await bob.get('/sign-up?next=/party/other')).status, 403)
  const form = { username: 'bob', password: PASSWORD, next: '/party/good' }
  codes.clear()
  t.equal(
    (await bob.post('/sign-up', form, '/sign-in')).status,
    403,
    'an invitation that has ended admits nobody',
  )
  codes.add('good')
  const answer = await bob.post('/sign-up', form, page)
  t.equal(answer.status, 303)
  t.equal(answer.headers.get('location'), '/party/good')
  t.equal((await userRow(server, 'bob'))?.role, 'member')
})

t.test('an address can try to make only so many accounts an hour', async (t) => {
  const server = await startServer(t, { SIGN_UPS_PER_ADDRESS: '2', TRUST_PROXY: 'loopback' })
  const here = () => server.visitor({ 'x-forwarded-for': '192.0.2.1' })
  t.equal((await here().signUp('ada')).status, 303)
  t.equal((await here().signUp('a')).status, 400, 'an invalid username does not count')
  t.equal(
    (await here().signUp('ada')).status,
    409,
    'a username that is taken counts, since the answer tells who is here',
  )
  t.equal((await here().signUp('ada')).status, 429)

  const third = await here().signUp('cleo')
  t.equal(third.status, 429)
  t.match(third.text, 'Too many accounts were created from here. Try again later.')
  const seconds = Number(third.headers.get('retry-after'))
  t.ok(seconds > 3500 && seconds <= 3600, `${seconds} s`)
  t.notOk(await userRow(server, 'cleo'))
  t.equal((await server.visitor({ 'x-forwarded-for': '192.0.2.2' }).signUp('cleo')).status, 303)
})

t.test('HTML in any field comes back escaped', async (t) => {
  const server = await startServer(t)
  const evil = '"\'><script>alert(1)</script>'
  const visitor = server.visitor()
  const query = `?next=${encodeURIComponent(`/${evil}`)}`
  const pages = [
    await visitor.signUp(evil, evil, `/${evil}`),
    await visitor.signIn(evil.slice(0, 32), evil, `/${evil}`),
    await visitor.signIn(evil.repeat(2), evil, `/${evil}`),
    await visitor.get(`/sign-in${query}`),
    await visitor.get(`/sign-up${query}`),
    await visitor.get(`/${encodeURIComponent(evil)}`),
    await visitor.get(`/?${evil}`),
  ]
  const ada = server.visitor({ 'user-agent': '<script>alert(1)</script>/1.0 <script>alert(1)</script>' })
  await ada.signUp('ada')
  pages.push(
    await ada.get('/account'),
    await ada.get(`/rooms/${encodeURIComponent(evil)}`),
    await ada.get(`/account?${evil}`),
    await ada.post('/account/password', { current: evil, password: evil }),
    await ada.post('/rooms', { name: evil }),
    await ada.get('/'),
    await ada.post('/rooms/lobby/messages', { message: evil }),
    await ada.get('/rooms/lobby'),
    await ada.post('/rooms/lobby/messages', { message: evil.repeat(200) }),
  )
  for (const { text } of pages) t.notMatch(text, /<script>alert/i)
})

t.test('the administrator role takes effect at once, when it is given and when it is removed', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  await ada.post('/rooms/lobby/messages', { message: 'by ada' })
  const socket = bob.socket('/ws/chat/lobby?since=0')
  const { seq } = await socket.next('message')
  const administer = async (name: string, administrator: boolean) => {
    const { id = 0 } = (await userRow(server, name)) ?? {}
    const change = await setAdministrator(server.app.database, id, administrator, SHELL)
    if (change) server.app.changedPeople.announce(change.person)
    return change
  }
  const remove = async (id: string) => {
    socket.send({ type: 'delete', seq, id })
    for (;;) {
      const frame = await socket.next()
      if (frame.id === id) return frame
    }
  }
  const isAdministrator = async (visitor: Visitor) =>
    (await visitor.get('/account')).text.includes('an administrator of this Partyline')

  t.match(await remove('as-member'), { type: 'error', code: 'forbidden' })
  t.match(await administer('bob', true), { changed: true })
  t.ok(await isAdministrator(bob))
  t.match(await administer('bob', true), { changed: false })
  t.match(await administer('bob', false), { changed: true })
  t.match(await remove('again-as-member'), { type: 'error', code: 'forbidden' }, 'on an open socket too')
  await administer('bob', true)
  t.match(await remove('as-administrator'), { type: 'done' })

  t.match(await administer('ada', false), { changed: true })
  t.notOk(await isAdministrator(ada))
  await t.rejects(administer('bob', false), new LastAdministrator(), 'somebody keeps the role')
  await t.rejects(deactivate(server.app.database, 2, SHELL), new LastAdministrator(), 'and can sign in')

  const entries = await auditEntries(server.app.database, { limit: 10 })
  const told = entries.map(({ action, person_id }) => `${action} ${person_id}`)
  const roles = told.filter((entry) => entry.startsWith('administrator.')).reverse()
  t.same(
    roles,
    ['make 2', 'remove 2', 'make 2', 'remove 1'].map((change) => `administrator.${change}`),
    'what was changed is in the audit log, once',
  )
})

t.test('a deactivated account can do nothing until it is reactivated', async (t) => {
  const server = await startServer(t)
  const { app } = server
  await server.person('ada')
  const bob = await server.person('bob')
  await bob.post('/account/name', { name: 'Bob Ross' })
  await bob.post('/rooms/lobby/messages', { message: 'by bob' })
  const { token } = JSON.parse((await bob.postJson('/api/token', null)).text)
  const program = { authorization: `Bearer ${token}` }
  t.equal((await server.visitor().get('/api/rooms/lobby/messages', program)).status, 200)
  const socket = bob.socket('/ws/chat/lobby')
  await socket.next('welcome')
  const change = await deactivate(app.database, 2, SHELL)
  if (change) app.changedPeople.announce(change.person)

  t.match(await socket.closed(), { code: 4001 })
  t.notOk(await isSignedIn(bob))
  t.equal((await server.visitor().get('/api/rooms/lobby/messages', program)).status, 401)
  t.match(await bob.socket('/ws/chat/lobby').closed(), { code: 4001 })

  const wrong = await server.visitor().signIn('bob', 'not the password')
  const nobody = await server.visitor().signIn('nobody', 'not the password')
  t.equal(wrong.status, 401)
  t.equal(
    pageWords(wrong),
    pageWords(nobody),
    'without the right password it looks like an account that does not exist',
  )
  const right = await server.visitor().signIn('bob')
  t.equal(right.status, 403)
  t.match(right.text, 'This account is deactivated.')
  const body = JSON.stringify({ username: 'bob', password: PASSWORD })
  const json = { 'content-type': 'application/json' }
  const byToken = await server.visitor().request('POST', '/api/token', body, json)
  t.equal(byToken.status, 403)
  t.match(JSON.parse(byToken.text), { code: 'forbidden' })

  const again = await reactivate(app.database, 2, SHELL)
  if (again) app.changedPeople.announce(again.person)
  t.notOk(await isSignedIn(bob), 'reactivating does not revive its old sessions')
  t.equal((await server.visitor().signIn('bob')).status, 303)
})

t.test('a sign-in that is in progress when the account is deactivated leaves no session', async (t) => {
  const server = await startServer(t)
  await server.person('ada')
  await server.person('bob')
  const visitor = server.visitor()
  const [answer] = await Promise.all([visitor.signIn('bob'), deactivate(server.app.database, 2, SHELL)])
  t.ok([303, 401, 403].includes(answer.status))
  t.notOk(await isSignedIn(visitor))
})
