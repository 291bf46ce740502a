import t from 'tap'
import { newRoom } from '../support/chat.ts'
import { addressOf, load, sayWith, sentFile } from '../support/files.ts'
import { at, startTwoProcesses } from '../support/processes.ts'
import { withRedis } from '../support/redis.ts'

t.setTimeout(600_000)

t.test('a file uploaded to one process is served by the other, and removed at both', withRedis, async (t) => {
  const processes = await startTwoProcesses(t)
  const { second } = processes
  const [ada, bob] = [await processes.person('ada'), await processes.person('bob')]
  const room = await newRoom(ada, 'Shared')
  const content = new Uint8Array(5 * 1024 * 1024).fill(7)
  const file = await sentFile(ada, room, { name: 'film', content })
  const there = at(second, ada)
  const said = await sayWith(there, room, 'said at the other', [file.id])
  t.equal(said.status, 201)
  const { seq } = JSON.parse(said.text)
  const bobThere = at(second, bob)
  await bobThere.get(`/rooms/${room}`)
  t.ok((await load(bobThere, addressOf(file))).content.equals(content))

  const headers = { 'x-csrf-token': await ada.token('/account') }
  await ada.request('DELETE', `/api/rooms/${room}/messages/${seq}`, undefined, headers)
  for (const who of [ada, bobThere]) t.equal((await load(who, addressOf(file))).status, 404)
})
