import t from 'tap'
import { SHELL } from '../../src/audit/index.ts'
import { newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { addressOf, filesOnDisk, load, sayWith, sentFile } from '../support/files.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

t.setTimeout(600_000)

const DATA_DIR = temporaryFolder(t)
const server = await startServer(t, { DATA_DIR, RATE_LIMIT: '0' })
const { app } = server
const { database } = app
const ada = await server.person('ada')
const bob = await server.person('bob')
const eve = await server.person('eve')
const room = await newRoom(ada, 'Files')
await bob.get(`/rooms/${room}`)
const hidden =
  (await ada.post('/rooms', { name: 'Hidden', private: 'on' })).headers.get('location')?.slice(7) ?? ''

/** Waits until all removed files are gone. */
async function removed(): Promise<void> {
  app.jobs.wake()
  await eventually('what was removed is gone', async () => {
    const left = await database.selectFrom('files').select('id').where('removed_at', 'is not', null).execute()
    return left.length === 0
  })
}

t.test('a file is removed with its message, also from replies to it', async (t) => {
  const file = await sentFile(ada, room, { name: 'secret plan.txt', content: 'x' })
  const { seq } = JSON.parse((await sayWith(ada, room, '', [file.id])).text)
  const answered = await bob.postJson(`/api/rooms/${room}/messages`, { message: 'yes', reply: seq })
  t.match(JSON.parse(answered.text), { reply: { excerpt: '📎 secret plan.txt' } })
  const used = async () => {
    await app.usage.save()
    const row = await database
      .selectFrom('usage')
      .innerJoin('users', 'users.id', 'usage.user_id')
      .select('bytes')
      .where('users.name', '=', 'ada')
      .executeTakeFirstOrThrow()
    return Number(row.bytes)
  }
  const before = await used()
  t.equal((await load(bob, addressOf(file))).status, 200)
  t.equal(
    (
      await ada.request('DELETE', `/api/rooms/${room}/messages/${seq}`, undefined, {
        'x-csrf-token': await ada.token('/account'),
      })
    ).status,
    200,
  )
  for (const who of [ada, bob]) t.equal((await load(who, addressOf(file))).status, 404)
  t.notMatch((await bob.get(`/api/rooms/${room}/messages`)).text, /secret plan/)
  t.notMatch((await bob.get(`/rooms/${room}/files`)).text, /secret plan/)
  await removed()
  t.notOk(filesOnDisk(DATA_DIR).includes(file.id))
  t.ok((await used()) < before)
})

t.test('a file that no message uses is removed after a day', async (t) => {
  const file = await sentFile(ada, room, { name: 'unused.txt', content: 'x' })
  const sweep = async () => {
    await database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'sweep-files').execute()
    app.jobs.wake()
  }
  await sweep()
  const at = new Date(Date.now() - 25 * 60 * 60_000).toISOString()
  await database.updateTable('files').set({ created_at: at }).where('id', '=', file.id).execute()
  await eventually('it is gone', async () => {
    await sweep()
    return (
      (await database.selectFrom('files').select('id').where('id', '=', file.id).executeTakeFirst()) ===
      undefined
    )
  })
  t.equal((await load(ada, addressOf(file))).status, 404)
  t.notOk(filesOnDisk(DATA_DIR).includes(file.id))
})

t.test('a person who was removed from a room can read none of its files', async (t) => {
  const file = await sentFile(ada, hidden, { name: 'for us.txt', content: 'x' })
  await sayWith(ada, hidden, 'here', [file.id])
  const nothing = await load(eve, `/files/${'0'.repeat(32)}/x`)
  const refused = await load(eve, addressOf(file))
  t.equal(refused.status, 404)
  const bare = ({ content }: { readonly content: Buffer }) =>
    content.toString().replaceAll(/value="[^"]*"/g, '')
  t.equal(bare(refused), bare(nothing), 'as if there were none')
  await ada.post(`/rooms/${hidden}/members`, { name: 'eve' })
  t.equal((await load(eve, addressOf(file))).status, 200)
  t.equal((await eve.get(`/rooms/${hidden}/files`)).status, 200)
  await ada.post(`/rooms/${hidden}/members/eve/remove`, {})
  t.equal((await load(eve, addressOf(file))).status, 404)
  t.equal((await eve.get(`/rooms/${hidden}/files`)).status, 404)
  for (const id of ['..%2f..', '%00', 'a'.repeat(32), 'x'.repeat(3_000)])
    t.equal((await load(ada, `/files/${id}/x`)).status, 404, id.slice(0, 10))
})

t.test('the files of a deleted room are removed with it', async (t) => {
  const finn = await server.person('finn')
  const doomed = await newRoom(finn, 'Doomed')
  const files = [
    await sentFile(finn, doomed, { name: 'said.txt', content: 'x' }),
    await sentFile(finn, doomed, { name: 'unsaid.txt', content: 'x' }),
  ]
  await sayWith(finn, doomed, 'here', [files[0]?.id ?? ''])
  const { id } = await roomRow(app, doomed)
  t.ok(await app.rooms.deletion.delete(id, SHELL))
  for (const file of files) t.equal((await load(finn, addressOf(file))).status, 404)
  app.jobs.wake()
  const left = () => database.selectFrom('files').select('id').where('room_id', '=', id).execute()
  await eventually('their rows are gone', async () => (await left()).length === 0)
  const parts = await database.selectFrom('file_parts').select('file_id').execute()
  for (const file of files) {
    t.notOk(filesOnDisk(DATA_DIR).includes(file.id))
    t.notOk(parts.some((part) => part.file_id === file.id))
  }
})
