import t, { type Test } from 'tap'
import { enter } from './support/chat.ts'
import { run, startProcess } from './support/process.ts'
import { startRedis, withRedis } from './support/redis.ts'
import { temporaryFolder } from './support/server.ts'
import { Visitor } from './support/visitor.ts'

t.setTimeout(600_000)

/** Runs a command as a person would type it. */
function typed(t: Test, env: Record<string, string>, line: string) {
  return run(t, env, ['sh', '-c', line])
}

t.test('commands with one server', async (t) => {
  const settings = { DATA_DIR: temporaryFolder(t) }
  const server = await startProcess(t, settings)
  const ada = new Visitor(server.address)

  t.match(await typed(t, settings, 'echo hello | bin/partyline say lobby'), {
    code: 1,
    stderr: /^Nobody has an account here yet/,
  })
  await ada.signUp('ada')
  const socket = await enter(ada, 'lobby')
  const notifications = ada.socket('/ws/notifications')
  await notifications.next('rooms')

  t.test('say posts standard input in a room, and people there see it', async (t) => {
    t.match(await typed(t, settings, "printf 'It is done, @ada.\\n{= 1 + 1}\\n' | bin/partyline say lobby"), {
      code: 0,
      stdout: 'Posted in lobby as partyline.\n',
      stderr: '',
    })
    const said = await socket.next('message')
    t.match(said, { sender: 'partyline', bot: true, message: 'It is done, @ada.\n{= 1 + 1}', seq: 1 })
    t.notOk(said.values, 'nothing in it is calculated')
    t.match(await notifications.next('notification'), {
      payload: { event: 'mention', room: 'lobby', seq: 1 },
    })
  })

  t.test('notify sends a notification to a person', async (t) => {
    const notify = (name: string, json: string) =>
      typed(t, settings, `bin/partyline notify ${name} '${json}'`)
    t.match(await notify('ada', '{"event":"order_updated","order_id":7}'), { code: 0, stderr: '' })
    t.match(await notifications.next('notification'), { payload: { event: 'order_updated', order_id: 7 } })
    t.match(await notify('nobody', '{}'), { code: 1, stderr: 'Nobody here is called nobody.\n' })
    t.match(await notify('ada', '{"event":"mention"}'), { code: 1, stderr: /^payload.event: / })
  })

  t.test('text that cannot be posted is refused with the reason', async (t) => {
    const reasons = {
      'printf "" | bin/partyline say lobby': /^There is nothing to post/,
      'head -c 5000 /dev/zero | tr "\\0" x | bin/partyline say lobby': /4,?000 characters/,
      'echo hello | bin/partyline say nowhere': /^There is no room nowhere\./,
    }
    for (const [line, stderr] of Object.entries(reasons))
      t.match(await typed(t, settings, line), { code: 1, stdout: '', stderr }, line)
    t.match(await typed(t, settings, 'bin/partyline say'), { code: 2, stderr: /^usage: .* say ROOM/ })
  })

  t.test('a message posted while the server is stopped is there when it starts', async (t) => {
    await server.stop()
    t.match(await typed(t, settings, 'echo later | bin/partyline say lobby --as ada'), {
      code: 0,
      stdout: 'Posted in lobby as ada.\n',
    })
    const again = await startProcess(t, settings)
    const same = new Visitor(again.address)
    for (const [name, value] of ada.cookies) same.cookies.set(name, value)
    const { messages } = JSON.parse((await same.get('/api/rooms/lobby/messages')).text)
    t.match(messages, [{ sender: 'partyline' }, { sender: 'ada', message: 'later', seq: 2 }])
    t.match(
      await new Visitor(again.address).signIn('partyline'),
      { status: 401 },
      'nobody signs in as the installation',
    )
  })
})

t.test('a command reaches people at a server that uses Redis', withRedis, async (t) => {
  const redis = await startRedis(t)
  const settings = { DATA_DIR: temporaryFolder(t), REDIS_URL: redis.url }
  const server = await startProcess(t, settings)
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  const socket = await enter(ada, 'lobby')
  t.match(await typed(t, settings, 'echo hello | bin/partyline say lobby'), { code: 0, stderr: '' })
  t.match(await socket.next('message'), { sender: 'partyline', message: 'hello' })
  socket.close()
})
