import t from 'tap'
import { enter, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'

t.test('messages are deleted after RETENTION_DAYS, and everyone in the room sees it', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', RETENTION_DAYS: '2' })
  const { app } = server
  const ada = await server.person('ada')
  const room = await newRoom(ada, 'Forgetful')
  const archived = await newRoom(ada, 'Archived')
  const { id } = await roomRow(app, room)
  const user = await app.database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  for (const slug of [room, archived]) {
    const { id } = await roomRow(app, slug)
    for (let count = 1; count <= 120; count += 1) await app.chat.writer.post(id, user, `secret ${count}`)
    const at = Temporal.Now.instant().subtract({ hours: 49 }).toString()
    await app.database
      .updateTable('messages')
      .set({ created_at: at })
      .where('room_id', '=', id)
      .where('seq', '<=', 110)
      .execute()
  }
  const active_at = '2026-01-02T03:04:05.678Z'
  await app.database.updateTable('rooms').set({ active_at }).where('id', '=', id).execute()
  await ada.post(`/rooms/${archived}/archive`, {})
  const talk = await enter(ada, room)
  await app.database
    .updateTable('jobs')
    .set({ run_at: '2000' })
    .where('kind', '=', 'delete-old-messages')
    .execute()
  app.jobs.wake()
  for (let seq = 1; seq <= 110; seq += 1)
    t.match(await talk.next('message'), { seq, rev: 120 + seq, deleted: true, message: '' })
  const left = () =>
    app.database.selectFrom('messages').select('seq').where('text', 'like', 'secret%').execute()
  await eventually(
    'only the young are left, also in a room that is archived',
    async () => (await left()).length === 20,
  )
  t.equal((await roomRow(app, room)).rev, 230)
  t.same(
    await app.database.selectFrom('rooms').select('active_at').where('id', '=', id).executeTakeFirst(),
    { active_at },
    'a room without new messages becomes no more active',
  )
  const page = (await ada.get(`/rooms/${room}`)).text
  t.match(page, 'secret 120')
  t.notMatch(page, 'secret 110')
  t.match(
    (await ada.get(`/rooms/${room}/settings`)).text,
    'Messages are deleted 2 days after they were written.',
  )
  await eventually('how far it came is kept', async () => {
    const row = await app.database
      .selectFrom('retentions')
      .select('seq')
      .where('room_id', '=', id)
      .executeTakeFirst()
    return row?.seq === 110
  })
})
