import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { linesOf } from '../examples/list.ts'
import { FrameError } from '../src/channels/index.ts'
import { migrateFeature } from '../src/storage/index.ts'
import { type StreamKind, type StreamRow, StreamWriter, streamTable } from '../src/streams/index.ts'
import { enter, newRoom } from './support/chat.ts'
import { eventually } from './support/eventually.ts'
import { openWithFeatures } from './support/features.ts'
import { followed, follower } from './support/follower.ts'
import { startPostgres, withPostgres } from './support/postgres.ts'
import { launch } from './support/process.ts'
import { startServer, temporaryFolder } from './support/server.ts'

/** Adds to a number; `no` is refused, `bad` fails in the database. */
type Command = number | 'no' | 'bad'

interface Sum {
  readonly rev: number
  readonly seq: 0
  readonly added: number
}

/** Sheets as streams of sums: any table with an `id` and a `rev` will do. */
const sums: StreamKind<StreamRow, Command, Sum, Sum> = {
  name: 'sum',
  table: streamTable('sheets'),
  group: (sum) => `sum.${sum}`,
  async apply(transaction, items) {
    const results = []
    for (const { stream, command } of items) {
      if (command === 'bad')
        await transaction
          .insertInto('users')
          .values({} as never)
          .execute()
      if (typeof command === 'number')
        results.push(stream.change((rev): Sum => ({ rev, seq: 0, added: command })))
      else results.push(new FrameError('invalid', 'that is no number'))
    }
    return results
  },
  changes: async () => [],
  frame: (sum) => sum,
}

t.test('on SQLite', (t) => holds(t, async () => undefined))

t.test('on PostgreSQL', withPostgres, async (t) => {
  const postgres = await startPostgres(t)
  await holds(t, () => postgres.database())
})

/** @param place the address of an empty database, or undefined for SQLite in its own folder */
async function holds(t: Test, place: () => Promise<string | undefined>): Promise<void> {
  async function stage(t: Test) {
    const url = await place()
    const database = await openWithFeatures(temporaryFolder(t), url)
    t.teardown(() => database.destroy())
    const users = await database
      .insertInto('users')
      .values(['ada', 'bob'].map((name) => ({ name, password: '', role: 'member' as const, created_at: '' })))
      .returning('id')
      .execute()
    const sheets = await database
      .insertInto('sheets')
      .values(users.map(({ id }) => ({ user_id: id, room_id: null })))
      .returning('id')
      .execute()
    const [one, two] = sheets.map(({ id }) => id)
    if (one === undefined || two === undefined) throw new Error('two streams were to be made')
    const published: [number, number[]][] = []
    const writer = new StreamWriter(database, sums, (stream, changes) =>
      published.push([stream, changes.map(({ rev }) => rev)]),
    )
    return { database, url, writer, published, one, two }
  }

  t.test('commands of one turn share a transaction, and each stream is numbered without a gap', async (t) => {
    const { database, writer, published, one, two } = await stage(t)
    const results = await Promise.all([writer.run(one, 1), writer.run(two, 2), writer.run(one, 3)])
    t.strictSame(
      results.map(({ rev }) => rev),
      [1, 1, 2],
    )
    t.strictSame(
      published.toSorted(([a], [b]) => a - b),
      [
        [one, [1, 2]],
        [two, [1]],
      ],
    )
    t.strictSame(
      await sums.table.revs(database, [one, two, 4711]),
      new Map([
        [one, 2],
        [two, 1],
      ]),
    )
  })

  t.test('a command that is refused changes nothing, and does not affect others', async (t) => {
    const { writer, published, one } = await stage(t)
    const [good, refused, failed, after] = await Promise.allSettled([
      writer.run(one, 1),
      writer.run(one, 'no'),
      writer.run(one, 'bad'),
      writer.run(one, 2),
    ])
    t.match(good, { value: { rev: 1 } })
    t.match(refused, { reason: { code: 'invalid' } })
    t.equal(failed?.status, 'rejected')
    t.match(after, { value: { rev: 2 } })
    t.strictSame(
      published.flatMap(([, revs]) => revs),
      [1, 2],
    )
  })

  t.test('a stream that does not exist is not found, while others are', async (t) => {
    const { writer, one } = await stage(t)
    const [gone, here] = await Promise.allSettled([writer.run(4711, 1), writer.run(one, 1)])
    t.match(gone, { reason: { code: 'not_found' } })
    t.match(here, { value: { rev: 1 } })
  })

  t.test('whatever belongs to a change happens in its transaction, or neither happens', async (t) => {
    const { database, writer, published, one } = await stage(t)
    let fails = false
    writer.within(async (transaction, streams) => {
      const text = streams.map(({ id, changes }) => `${id}: ${changes.length}`).join()
      await transaction.updateTable('installation').set({ id: text }).execute()
      if (fails) throw new Error('the hook failed')
    })
    const noted = async () =>
      (await database.selectFrom('installation').select('id').execute()).map(({ id }) => id)
    await writer.run(one, 1)
    t.strictSame(await noted(), [`${one}: 1`])
    fails = true
    await t.rejects(Promise.all([writer.run(one, 2), writer.run(one, 3)]), /the hook failed/)
    t.strictSame(await noted(), [`${one}: 1`], 'what it wrote is undone')
    t.strictSame(await sums.table.revs(database, [one]), new Map([[one, 1]]), 'and so is the change')
    t.strictSame(published, [[one, [1]]])
  })

  t.test('a follower gets changes in order, each in its latest state', async (t) => {
    const { app, ada, room, said } = await followedServer(t)
    const her = await enter(ada, room.slug)
    const say = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => said(`message ${index}`)))
    await say(250)
    await isFollowed(app, 250)
    her.send({ type: 'edit', seq: 7, message: 'edited', id: 'e' })
    her.send({ type: 'delete', seq: 8, id: 'd' })
    await say(3)
    await isFollowed(app, 255)
    const changes = await followed(app)
    t.strictSame(
      changes.map(({ rev }) => rev),
      Array.from({ length: 255 }, (_, index) => index + 1),
    )
    const held = new Map(changes.map(({ seq, text }) => [seq, text]))
    t.match([held.get(6), held.get(7), held.get(8)], [/^message/, 'edited', ''])
    await isDone(app)
  })

  t.test('a follower that is killed continues where it was, without a gap', async (t) => {
    const url = await place()
    const settings = { DATA_DIR: temporaryFolder(t), ...(url && { DATABASE_URL: url }) }
    const before = await followedServer(t, settings, false)
    await Promise.all(Array.from({ length: 450 }, (_, index) => before.said(`message ${index}`)))
    await before.app.close()
    const killed = await launch(t, settings, [process.execPath, 'test/support/follower-process.ts']).ended()
    t.equal(killed.signal, 'SIGKILL')
    const { app } = await startServer(t, settings, { jobs: { look: 20 } }, follower({}))
    t.strictSame((await followed(app)).length, 200, 'two times a hundred were committed')
    // The process was killed with the job: another takes it when the lease is over.
    await app.database.updateTable('jobs').set({ run_at: '' }).where('kind', 'like', 'follow%').execute()
    await isFollowed(app, 450)
    t.strictSame(
      (await followed(app)).map(({ rev }) => rev),
      Array.from({ length: 450 }, (_, index) => index + 1),
    )
  })

  t.test('a follower of a stream that was restored starts again or goes on, as it chose', async (t) => {
    for (const forgets of [true, false]) {
      const { app, room, said } = await followedServer(t, {}, follower({ forgets }))
      await said('one')
      await said('two')
      await isFollowed(app, 2)
      await isDone(app)
      await app.database.updateTable('follower_positions').set({ rev: 10 }).execute()
      await said('three')
      const after = forgets ? [1, 2, 3] : [1, 2]
      await eventually('it has gone on', async () => {
        const position = await app.database
          .selectFrom('follower_positions')
          .select('rev')
          .where('stream_id', '=', room.id)
          .executeTakeFirst()
        return position?.rev === 3
      })
      t.strictSame(
        (await followed(app)).map(({ rev }) => rev),
        after,
      )
    }
  })

  t.test('a follower that starts at present gets only later changes', async (t) => {
    const settings = { DATA_DIR: temporaryFolder(t) }
    const url = await place()
    const where = { ...settings, ...(url && { DATABASE_URL: url }) }
    const before = await followedServer(t, where, false)
    await before.said('before')
    await before.app.close()
    const { app } = await startServer(t, where, { jobs: { look: 20 } }, follower({ from: 'present' }))
    await app.chat.writer.post(before.room.id, before.sender, 'after')
    await isFollowed(app, 1)
    t.match(await followed(app), [{ rev: 2, text: 'after' }])
  })

  /** A server with a follower, a room, and somebody who writes there. */
  async function followedServer(
    t: Test,
    settings: Record<string, string> = {},
    guest: ReturnType<typeof follower> | false = follower({}),
  ) {
    const url = settings.DATABASE_URL ?? (await place())
    const where = { RATE_LIMIT: '0', ...settings, ...(url && { DATABASE_URL: url }) }
    const { app, person } = await startServer(t, where, { jobs: { look: 20 } }, guest || undefined)
    const ada = await person('ada')
    const slug = await newRoom(ada, 'Talk')
    const room = await app.database
      .selectFrom('rooms')
      .select(['id', 'slug'])
      .where('slug', '=', slug)
      .executeTakeFirstOrThrow()
    const sender = await app.database.selectFrom('users').select(['id', 'name']).executeTakeFirstOrThrow()
    const said = (text: string) => app.chat.writer.post(room.id, sender, text)
    return { app, ada, room, sender, said }
  }

  function isFollowed(app: FastifyInstance, count: number): Promise<void> {
    return eventually(`${count} changes are followed`, async () => (await followed(app)).length >= count)
  }

  /** Resolves when the job of the follower is done. */
  function isDone(app: FastifyInstance): Promise<void> {
    return eventually('the job of the follower is done', async () => {
      const jobs = app.database.selectFrom('jobs').select('kind').where('kind', 'like', 'follow%')
      return (await jobs.execute()).length === 0
    })
  }

  t.test('migrations of a feature run once and in order, and a failing one leaves nothing', async (t) => {
    const { database, url } = await stage(t)
    const ran: string[] = []
    const step = (name: string) => ({ up: async () => void ran.push(name) })
    await migrateFeature(database, 'example', { '001': step('one'), '002': step('two') }, url)
    await migrateFeature(
      database,
      'example',
      {
        '001': step('one'),
        '002': step('two'),
        '003': step('three'),
      },
      url,
    )
    t.strictSame(ran, ['one', 'two', 'three'])
    const broken = {
      up: async () => {
        throw new Error('no such thing')
      },
    }
    await t.rejects(migrateFeature(database, 'broken', { '001': broken }, url), /no such thing/)
  })
}

t.test(
  'a client of a stream without ids is told to load it again after the database was restored',
  async (t) => {
    const { app, person } = await startServer(t, { EXAMPLES: 'on' })
    const [ada, bob] = [await person('ada'), await person('bob')]
    const polls = `/rooms/${await newRoom(ada, 'Party')}/polls`
    const { headers } = await ada.post(polls, { question: 'Cake?', options: 'yes\nno', hours: '1' })
    const poll = headers.get('location') ?? ''
    const hers = ada.socket(poll.replace(/^\/rooms\/(.*)\/polls/, '/ws/polls/$1'))
    await hers.next('welcome')
    await ada.post(poll, { option: '1' })
    t.match(await hers.next('poll'), { rev: 1, counts: [0, 1] })
    await app.database.deleteFrom('votes').execute()
    await app.database.updateTable('polls').set({ rev: 0, counts: '[0,0]' }).execute()
    await bob.post(poll, { option: '0' })
    t.match(await hers.next('reset'), { rev: 1 })
  },
)

for (const [what, folder, limit] of [
  ['a live, durable poll', 'poll', 300],
  ['pointers that everyone in a room sees', 'cursors', 80],
] as const) {
  t.test(`the example of ${what} has fewer than ${limit} lines, with its page and tests`, async (t) => {
    const lines = linesOf(folder)
    t.ok(lines > 0 && lines < limit, `${lines} lines`)
  })
}
