import t from 'tap'
import { eventually } from '../support/eventually.ts'
import { launch, run } from '../support/process.ts'
import { temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

// On a busy machine, each command takes seconds.
t.setTimeout(600_000)

t.test('bin/partyline', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const partyline = (...words: string[]) => run(t, { DATA_DIR }, ['bin/partyline', ...words])
  const server = launch(t, { DATA_DIR, RATE_LIMIT: '0' })
  const address = await server.address()
  const ada = new Visitor(address)
  await ada.signUp('ada')

  t.test('without a command it prints the commands', async (t) => {
    const { code, stdout } = await partyline()
    t.equal(code, 0)
    for (const command of ['add-user', 'reset-password', 'deactivate', 'reactivate', 'make-administrator'])
      t.match(stdout, new RegExp(`^ {2}${command} .*NAME.* {2}[a-z]`, 'm'))
    t.match(await partyline('delete-all'), { code: 2, stderr: /^There is no command delete-all\.\n/ })
    t.match(await partyline('add-user', 'x', '--force'), {
      code: 2,
      stderr: 'usage: bin/partyline add-user NAME [--administrator]\n',
    })
  })

  t.test('add-user prints a link with which the person sets the password', async (t) => {
    const { code, stderr, stdout } = await run(t, { DATA_DIR, PUBLIC_URL: 'https://chat.example.com/' }, [
      ...['bin/partyline', 'add-user', 'Zoë Müller', '--administrator'],
    ])
    t.equal(code, 0)
    t.match(stdout, 'The account zoe-mueller has been created as an administrator.')
    t.equal(stderr, '')
    const link = /^https:\/\/chat\.example\.com(\/password\/\S+)$/m.exec(stdout)?.[1] ?? ''
    const zoe = new Visitor(address)
    t.equal((await zoe.post(link, { password: PASSWORD }, link)).status, 303)
    t.match((await zoe.get('/account')).text, 'an administrator of this Partyline')
    t.match(await partyline('add-user', 'ada'), {
      code: 1,
      stderr: 'The username ada is taken. Choose another.\n',
    })
    t.match(await partyline('add-user', '@'), { code: 1, stderr: /^A name cannot contain @/ })
  })

  t.test(
    'add-user prints a link that opens on this computer, and says how to get one that opens elsewhere',
    async (t) => {
      const { stderr, stdout } = await run(t, { DATA_DIR, HOST: '0.0.0.0', PORT: '4000' }, [
        ...['bin/partyline', 'add-user', 'yan'],
      ])
      t.match(stdout, /^http:\/\/localhost:4000\/password\/\S+$/m)
      t.match(stderr, /opens only on this computer.* in place of http:\/\/localhost:4000.* set PUBLIC_URL/)
    },
  )

  t.test(
    'deactivate signs a person out within seconds, and reactivate lets them sign in again',
    async (t) => {
      const bob = new Visitor(address)
      await bob.signUp('bob')
      const socket = bob.socket('/ws/chat/lobby')
      await socket.next('welcome')
      t.match(await partyline('deactivate', 'Bob'), { code: 0, stdout: /^bob is deactivated/ })
      t.match(await socket.closed(), { code: 4001 })
      t.equal((await new Visitor(address).signIn('bob')).status, 403)
      t.match(await partyline('reactivate', 'bob'), { code: 0 })
      t.equal((await new Visitor(address).signIn('bob')).status, 303)
      t.match(await partyline('deactivate', 'nobody'), { code: 1, stderr: 'Nobody here is called nobody.\n' })
    },
  )

  t.test('make-administrator and remove-administrator take effect on open sockets', async (t) => {
    const cyd = new Visitor(address)
    await cyd.signUp('cyd')
    await ada.post('/rooms/lobby/messages', { message: 'by ada' })
    const socket = cyd.socket('/ws/chat/lobby?since=0')
    const { seq } = await socket.next('message')
    t.match(await partyline('make-administrator', 'cyd'), { code: 0 })
    await eventually('the role counts', async () => {
      socket.send({ type: 'delete', seq, id: 'now' })
      for (;;) {
        const frame = await socket.next()
        if (frame.id === 'now') return frame.type === 'done'
      }
    })
    for (const name of ['zoe-mueller', 'cyd'])
      t.match(await partyline('remove-administrator', name), { code: 0 })
    for (const command of ['remove-administrator', 'deactivate'])
      t.match(await partyline(command, 'ada'), { code: 1, stderr: /^ada is the only administrator/ })
  })

  t.test('each change is in the audit log', async (t) => {
    const { text } = await ada.get('/admin/log.csv')
    for (const change of [
      'account.add,somebody at the server,zoe-mueller,,,shell',
      'password.link,somebody at the server,zoe-mueller,,,shell',
      'account.deactivate,somebody at the server,bob,,,shell',
      'account.reactivate,somebody at the server,bob,,,shell',
      'administrator.make,somebody at the server,cyd,,,shell',
      'administrator.remove,somebody at the server,cyd,,,shell',
    ])
      t.equal(text.split(change).length, 2, `${change}, once`)
  })
})

t.test('bin/partyline reset-password', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const reset = (...words: string[]) => run(t, { DATA_DIR }, ['bin/partyline', 'reset-password', ...words])
  const server = launch(t, { DATA_DIR })
  const address = await server.address()
  const ada = new Visitor(address)
  await ada.signUp('ada')
  const bob = new Visitor(address)
  await bob.signUp('bob')

  t.test('it sets a new password while a server runs, and sockets are closed soon after', async (t) => {
    const open = [ada.socket('/ws/chat/lobby'), ada.socket('/ws/chat/lobby')]
    for (const socket of open) await socket.next('welcome')
    const bystander = bob.socket('/ws/chat/lobby')
    await bystander.next('welcome')

    const { code, stdout, stderr } = await reset('Ada')
    const done = performance.now()
    t.equal(code, 0)
    t.equal(stderr, '')
    for (const socket of open) t.match(await socket.closed(), { code: 4001 })
    t.ok(performance.now() - done < 20_000)

    t.notOk((await ada.get('/account')).status === 200)
    t.ok((await bob.get('/account')).status === 200)
    bystander.send({ message: 'hello' })
    t.match(await bystander.next('message'), { message: 'hello' })

    const password = /^The new password of \S+ is (\S+)$/m.exec(stdout)?.[1] ?? ''
    t.match(password, /^\S{16}$/)
    t.equal((await new Visitor(address).signIn('ada')).status, 401)
    t.equal((await new Visitor(address).signIn('ada', password)).status, 303)
  })

  t.test('it says in one line that nobody has that name', async (t) => {
    t.match(await reset('nobody'), { code: 1, stdout: '', stderr: 'Nobody here is called nobody.\n' })
  })

  t.test('it prints its usage when arguments are missing or extra', async (t) => {
    for (const words of [[], ['ada', 'bob']]) {
      t.match(await reset(...words), { code: 2, stderr: 'usage: bin/partyline reset-password NAME\n' })
    }
  })

  t.test('it says in one line what is wrong with a setting', async (t) => {
    const none = await run(t, { DATA_DIR: `${DATA_DIR}/none` }, ['bin/partyline', 'reset-password', 'ada'])
    t.match(none, { code: 1, stdout: '', stderr: /^DATA_DIR=\S+\/none [^\n]+\n$/ })
    const wrong = await run(t, { DATA_DIR, PORT: 'x' }, ['bin/partyline', 'reset-password', 'ada'])
    t.match(wrong, { code: 1, stdout: '', stderr: /^PORT=x [^\n]+\n$/ })
  })
})
