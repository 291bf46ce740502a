import t from 'tap'
import {
  addUser,
  createPasswordLink,
  deactivate,
  LastAdministrator,
  reactivate,
  setAdministrator,
} from '../../src/accounts/index.ts'
import { usePasswordLink } from '../../src/accounts/password-links.ts'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { eventually } from '../support/eventually.ts'
import { hashAtFullCost } from '../support/passwords.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { type Answer, PASSWORD, type Visitor } from '../support/visitor.ts'

/** An answer's page without what differs each time. */
function words({ text }: Answer): string {
  return text.replace(/value="[^"]*"/g, 'value')
}

function row(server: TestServer, name: string) {
  return server.app.database.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
}

async function sessionsOf(server: TestServer, name: string) {
  const user = await row(server, name)
  return user ? server.app.sessions.list(user.id) : []
}

/** Whether a page for people who are signed in opens. */
async function isSignedIn(visitor: Visitor): Promise<boolean> {
  return (await visitor.get('/account')).status === 200
}

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
    t.notOk(await row(server, 'nobody'))
  })

  t.test('a password typed in another Unicode form is the same password', async (t) => {
    await server.visitor().signUp('zoe', 'ca\u0301fe\u0301 con leche')
    t.equal((await server.visitor().signIn('zoe', 'cáfé con leche')).status, 303)
  })

  t.test('a username may be typed in either case', async (t) => {
    await server.visitor().signUp('Grace')
    t.ok(await row(server, 'grace'))
    t.equal((await server.visitor().signIn('gRACE')).status, 303)
  })

  t.test('spaces around a username are ignored', async (t) => {
    t.equal((await server.visitor().signUp(' barbara\n')).status, 303)
    t.ok(await row(server, 'barbara'))
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
        `The name ${name.toLowerCase()} looks too much like one that is taken. Choose another.`,
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
        t.match(answer.text, `The name ${name.toLowerCase()} is reserved. Choose another.`)
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
      t.match(answer.text, 'The name alan is taken')
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
      t.notOk(await row(server, 'hedy'))
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
    t.match(await row(server, 'zoe-mueller'), { display_name: 'Zoë Müller' })
    t.match((await visitor.get('/account')).text, 'You sign in as <b>zoe-mueller</b>')
    t.equal((await signUp({ name: 'Zoë Müller' })).answer.status, 303)
    t.match(
      await row(server, 'zoe-mueller-2'),
      { display_name: 'Zoë Müller' },
      'with a number if it is taken',
    )
    t.equal((await signUp({ name: '王小明' })).answer.status, 303)
    t.match(await row(server, 'wang-xiao-ming'), { display_name: '王小明' })
    t.equal((await signUp({ name: '■' })).answer.status, 303)
    t.match(await row(server, 'person'), { display_name: '■' })
    t.equal((await signUp({ name: 'Ö' })).answer.status, 303)
    t.match(await row(server, 'oe'), { display_name: 'Ö' })
  })

  t.test('a form with only a username makes an account without a display name', async (t) => {
    t.equal((await signUp({ username: 'alone' })).answer.status, 303)
    t.match(await row(server, 'alone'), { display_name: null })
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
    t.match(answer.text, 'The name emmy is taken. Choose another. emmy-n is available.')
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
        t.equal((await row(server, 'ada'))?.display_name, name.normalize('NFC'))
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
      t.equal((await row(server, 'ada'))?.display_name, 'O’Brien <b>')
      t.match((await ada.get('/account')).text, 'O’Brien &lt;b&gt;')
      for (const name of ['Admin', 'a @b']) t.not((await signUp({ name })).answer.status, 303, name)
      t.equal((await change('ada')).status, 303)
      t.equal(
        (await row(server, 'ada'))?.display_name,
        null,
        'the username itself is not stored as a display name',
      )
    },
  )
})

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
  t.equal(words(unknown).replaceAll('bob', 'ada'), words(wrong))
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
    t.notOk(await row(server, 'late'))
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
  t.equal((await row(server, 'bob'))?.role, 'member')
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
  t.notOk(await row(server, 'cleo'))
  t.equal((await server.visitor({ 'x-forwarded-for': '192.0.2.2' }).signUp('cleo')).status, 303)
})

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
    const { id = 0 } = (await row(server, name)) ?? {}
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
    const { id = 0 } = (await row(server, 'zoe')) ?? {}
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
  'a deactivated account can do nothing until it is reactivated, and its messages keep its name',
  async (t) => {
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
      words(wrong),
      words(nobody),
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
  },
)

t.test('a sign-in that is in progress when the account is deactivated leaves no session', async (t) => {
  const server = await startServer(t)
  await server.person('ada')
  await server.person('bob')
  const visitor = server.visitor()
  const [answer] = await Promise.all([visitor.signIn('bob'), deactivate(server.app.database, 2, SHELL)])
  t.ok([303, 401, 403].includes(answer.status))
  t.notOk(await isSignedIn(visitor))
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
  t.equal((await visitor.get(`/password/${'a'.repeat(32)}`)).status, 404)
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
