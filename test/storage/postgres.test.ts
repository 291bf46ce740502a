import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { migrateAccounts } from '../../src/accounts/index.ts'
import { createUser } from '../../src/accounts/users.ts'
import { changesAfter } from '../../src/chat/messages.ts'
import { unreadRooms } from '../../src/chat/room-list.ts'
import { roomTable } from '../../src/chat/room-table.ts'
import { createRoom } from '../../src/rooms/creation.ts'
import { type Database, inTransaction, migrateFeature, openDatabase } from '../../src/storage/database.ts'
import { DatabaseAway, DataInUse, StorageUnusable } from '../../src/storage/errors.ts'
import { PostgresLock } from '../../src/storage/postgres-lock.ts'
import { poolsTransactions } from '../../src/storage/postgres-pooler.ts'
import { enter, messages } from '../support/chat.ts'
import { execute } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { messageWriter, openWithFeatures } from '../support/features.ts'
import { Line } from '../support/line.ts'
import { gate } from '../support/notes.ts'
import { startPgbouncer, withPgbouncer } from '../support/pgbouncer.ts'
import { freePort } from '../support/ports.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { launch, run, startProcess } from '../support/process.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

const PASSWORD = 'correct horse battery'
const WRITERS = 4
const MESSAGES = 300

const TOO_MUCH = 'the database is away: too much is waiting for it'

const person = (name: string) =>
  ({ name, password: 'x', role: 'member', created_at: '2026-01-01T00:00:00.000Z' }) as const

// Some of these tests wait for ten seconds.
t.setTimeout(600_000)

t.test('PostgreSQL', withPostgres, async (t) => {
  const postgres = await startPostgres(t, { settings: { deadlock_timeout: '100ms' } })
  // Most of them wait, but more at a time would slow each other down on two cores.
  t.jobs = 2

  t.test('ten processes that open a new database at the same time all find it ready', async (t) => {
    const url = await postgres.database()
    const databases = await Promise.all(Array.from({ length: 10 }, () => open(t, url)))
    await Promise.all(
      databases.map((database, index) =>
        database
          .insertInto('users')
          .values(person(`person-${index}`))
          .execute(),
      ),
    )
    const [database] = databases
    if (!database) return
    t.equal((await names(database)).length, 10, 'and all of them write')
    t.equal((await database.selectFrom('rooms').selectAll().execute()).length, 1, 'and the room is made once')
  })

  t.test('of many first accounts made at the same moment, one is the administrator', async (t) => {
    for (const signUp of ['open', 'closed'] as const) {
      const url = await postgres.database()
      const databases = await Promise.all([open(t, url), open(t, url), open(t, url), open(t, url)])
      await Promise.all(databases.map((database) => migrateAccounts(database, url)))
      const release = await holdTable(t, url, 'users')
      const creating = Promise.allSettled(
        databases.map((database, index) =>
          createUser(database, { name: `person-${index}`, password: PASSWORD }, signUp),
        ),
      )
      await eventually(
        'all of them look whether they are the first',
        async () => (await locks(url, 'relation', false)) === databases.length,
      )
      await release()
      const made = (await creating).flatMap((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value : [],
      )
      t.equal(made.length, signUp === 'open' ? databases.length : 1, signUp)
      t.equal(made.filter((user) => user?.administrator).length, 1)
    }
  })

  t.test('processes that make rooms for one person at the same moment keep to the limit', async (t) => {
    const url = await postgres.database()
    const databases = await Promise.all([open(t, url), open(t, url)])
    const [database] = databases
    if (!database) return
    const { id } = await database
      .insertInto('users')
      .values(person('ada'))
      .returning('id')
      .executeTakeFirstOrThrow()

    const made = await Promise.allSettled(
      databases.flatMap((database, process) =>
        Array.from({ length: 4 }, (_, room) =>
          createRoom(database, { name: `room ${process} ${room}` }, id, 3),
        ),
      ),
    )

    const reasons = made.flatMap((result) => (result.status === 'rejected' ? [result.reason.statusCode] : []))
    t.equal(reasons.length, 5)
    // On a busy machine, a process that waited too long for the others is told to try again.
    t.ok(
      reasons.every((status) => status === 429 || status === 503),
      `${reasons}`,
    )
    const rooms = database.selectFrom('rooms').select('id').where('created_by', '=', id)
    t.equal((await rooms.execute()).length, 3)
  })

  t.test('processes that write in one room number the messages without gaps or duplicates', async (t) => {
    const url = await postgres.database()
    const database = await open(t, url)
    await database.insertInto('users').values(person('ada')).execute()
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      launch(t, {}, [process.execPath, '--input-type=module', '--eval', writing(url, writer)]),
    )
    let rev = 0
    let over = false
    const ended = Promise.all(writers.map((writer) => writer.ended())).finally(() => {
      over = true
    })
    const disorder: string[] = []
    for (let last = false; !last; ) {
      last = over
      const upTo = (await untilAnswered(() => roomTable.revs(database, [1]))).get(1) ?? 0
      const before = rev
      const read = () => changesAfter(database, 1, before, undefined, 10_000)
      for (const message of await untilAnswered(read)) {
        if (message.rev !== rev + 1) disorder.push(`${message.rev} after ${rev}`)
        rev = message.rev
      }
      if (rev < upTo) disorder.push(`${upTo} was told, and from ${before} on one could read to ${rev}`)
    }
    for (const outcome of await ended) t.match(outcome, { code: 0, stderr: '' })
    t.strictSame(disorder, [], 'no reader saw a change before the one below it')
    const { rows } = await sql<{ said: number; ids: number; highest: number }>`
      select count(*) as said, count(distinct client_id) as ids, max(rev) as highest from messages
    `.execute(database)
    // Every writer posts the same `MESSAGES`, and as many of its own.
    const expected = MESSAGES * (WRITERS + 1)
    t.strictSame(rows, [{ said: expected, ids: expected, highest: expected }])
    t.strictSame(await roomTable.revs(database, [1]), new Map([[1, expected]]))
  })

  t.test('a room that is locked does not affect other rooms', async (t) => {
    const database = await open(t, await postgres.database())
    const { id: sender } = await database
      .insertInto('users')
      .values({ name: 'ada', password: '', role: 'member', created_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const { id: other } = await database
      .insertInto('rooms')
      .values({ slug: 'other', name: 'Other', created_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const writer = messageWriter(database)
    const say = (room: number) => writer.post(room, { id: sender, name: 'ada' }, 'hello')
    await inTransaction(database, async (transaction) => {
      await transaction.selectFrom('rooms').select('id').where('id', '=', 1).forUpdate().execute()
      const held = t.rejects(say(1), { message: /lock timeout/ })
      t.match(await say(other), { message: { seq: 1 } })
      t.match(await say(other), { message: { seq: 2 } })
      // A transaction that stays open without a query is ended.
      await sql`select 1`.execute(transaction)
      await held
    })
    t.match(await say(1), { message: { seq: 1 } }, 'and when the lock is released, it continues')
  })

  t.test('transactions that wait for each other all complete', async (t) => {
    const url = await postgres.database()
    const database = await open(t, url)
    const { id } = await database
      .insertInto('rooms')
      .values({ slug: 'other', name: 'Other', created_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow()
    let runs = 0
    let met = () => {}
    const meeting = new Promise<void>((resolve) => {
      met = resolve
    })
    const raise = (first: number, second: number) =>
      inTransaction(database, async (transaction) => {
        runs += 1
        const one = (room: number) =>
          transaction
            .updateTable('rooms')
            .set(({ eb }) => ({ rev: eb('rev', '+', 1) }))
            .where('id', '=', room)
            .execute()
        await one(first)
        if (runs === 2) met()
        await meeting
        await one(second)
      })
    await Promise.all([raise(1, id), raise(id, 1)])
    t.equal(runs, 3, 'one of them twice')
    t.strictSame(
      await roomTable.revs(database, [1, id]),
      new Map([
        [1, 2],
        [id, 2],
      ]),
    )
  })

  t.test('when too many queries wait for a connection, one more is refused at once', async (t) => {
    const database = await open(t, await postgres.database())
    const ask = () => sql`select 1`.execute(database)
    const { opened, open: letGo } = gate()
    const holding: Promise<void>[] = []
    // One connection after the other, since on a busy machine all at once may take longer than allowed.
    for (let connection = 0; connection < 10; connection += 1) {
      const { opened: begun, open: begin } = gate()
      holding.push(
        inTransaction(database, () => {
          begin()
          return opened
        }),
      )
      await begun
    }
    const waiting = Array.from({ length: 10_000 }, ask)
    // On a slow machine, some do not get their turn in time.
    const answered = Promise.allSettled(waiting)

    await t.rejects(ask(), { message: TOO_MUCH })

    letGo()
    // On a slow machine, a waiting transaction is ended before all the others are in the queue.
    await Promise.allSettled(holding)
    await answered
    await untilAnswered(ask)
  })

  t.test('broken connections', async (t) => {
    const url = await postgres.database()
    const database = await open(t, url)

    t.test('an idle connection that breaks is replaced', async (t) => {
      await Promise.all([names(database), names(database), names(database)])
      await breakConnections(url)
      t.strictSame(await Promise.all([names(database), names(database), names(database)]), [[], [], []])
    })

    t.test('a transaction whose connection breaks before the commit runs again', async (t) => {
      let runs = 0
      const result = await inTransaction(database, async (transaction) => {
        runs += 1
        await transaction.insertInto('users').values(person('ada')).execute()
        if (runs === 1) await breakConnections(url)
        return names(transaction)
      })
      t.strictSame(result, ['ada'])
      t.equal(runs, 2)
      t.strictSame(await names(database), ['ada'])
    })
  })

  t.test('an unanswered commit is an error, and a retry is safe', async (t) => {
    const url = await postgres.database()
    const line = await Line.open(t, `http://127.0.0.1:${postgres.port}`)
    const near = Object.assign(new URL(url), { port: new URL(line.address).port }).href
    const database = await open(t, near)
    await database.insertInto('users').values(person('ada')).execute()
    const ada = { id: 1, name: 'ada' }
    await execute(
      url,
      `create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$;
       create constraint trigger slowly after insert on messages deferrable initially deferred
         for each row execute function slowly()`,
    )
    const published: number[] = []
    const writer = messageWriter(database, (_room, said) => published.push(...said.map(({ rev }) => rev)))
    const saying = writer.post(1, ada, 'once', 'id')
    await eventually('it is being committed', async () => {
      const rows = await execute(
        url,
        `select 1 from pg_stat_activity where query = 'commit' and state = 'active' and datname = current_database()`,
      )
      return rows.length === 1
    })
    // Others would get through at once.
    line.cut()
    line.mend()
    await t.rejects(saying, /the database is away/)
    await eventually('the server has committed it', async () => (await said(url)) === 1)

    t.match(await writer.post(1, ada, 'once', 'id'), { message: { rev: 1 }, changed: false })
    t.match(await writer.post(1, ada, 'twice', 'id 2'), { message: { rev: 2 }, changed: true })
    t.equal(await said(url), 2)
    t.strictSame(published, [2])
  })

  t.test('a value that cannot be stored as it is, is refused', async (t) => {
    const database = await open(t, await postgres.database())
    for (const value of [new Date(), {}, [], true, undefined]) {
      await t.rejects(sql`select ${value}`.execute(database), {
        name: 'TypeError',
        message: /cannot be stored/,
      })
    }
    const { rows } = await sql`select cast(${2 ** 53 - 1} as bigint) as number, ${'text'} as text`.execute(
      database,
    )
    t.strictSame(rows, [{ number: 2 ** 53 - 1, text: 'text' }])
    await t.rejects(sql`select ${'\0'}`.execute(database), /0x00/, 'by the server; whoever asks looks before')
  })

  t.test('texts are sorted as on SQLite, whatever the locale', async (t) => {
    const database = await open(t, await postgres.database())
    await database.insertInto('users').values(person('ada')).execute()
    for (const name of ['ärger', 'berry', 'apple', 'Zebra']) await createRoom(database, { name }, 1)
    t.strictSame((await unreadRooms(database, 1)).map(({ name }) => name).toSorted(), [
      'Zebra',
      'apple',
      'berry',
      'ärger',
    ])
  })

  t.test('a start with an unusable database says in one line what to do', async (t) => {
    const address = await postgres.database()
    await execute(
      postgres.url,
      `create database ascii encoding 'SQL_ASCII' template template0 locale_provider libc locale 'C'`,
    )
    await execute(postgres.url, `create role guest login password 'guest'`)
    const change = (changes: Partial<URL>) => Object.assign(new URL(address), changes).href
    const cases: [string, string, RegExp][] = [
      ['a wrong password', change({ password: 'secret-1' }), /the password is wrong\. Correct it\.$/],
      ['no such user', change({ username: 'nobody' }), /the password is wrong\. Correct it\.$/],
      ['no such database', change({ pathname: '/nowhere' }), /there is no such database\. Create it/],
      [
        'another encoding',
        change({ pathname: '/ascii' }),
        /its encoding is SQL_ASCII\. Create it with UTF8\.$/,
      ],
      [
        'no rights',
        change({ username: 'guest', password: 'guest' }),
        /does not have the rights it needs\. Make it the owner of the database\.$/,
      ],
    ]
    for (const [what, url, line] of cases) {
      const error: unknown = await openDatabase(temporaryFolder(t), url).catch((error) => error)
      t.ok(error instanceof StorageUnusable, what)
      const { message } = error as Error
      t.match(message, /^DATABASE_URL=postgres:\/\/127\.0\.0\.1:\d+\/\w+ cannot be used[^\n]+$/, what)
      t.match(message, line, what)
      t.notMatch(message, /correct-horse|secret-1/, 'without the password')
    }
  })

  t.test('a server', async (t) => {
    const url = await postgres.database()
    const settings = { DATABASE_URL: url }
    t.jobs = 2

    t.test('a server waits for a database that is not running, then says so and stops', async (t) => {
      const { port } = Object.assign(new URL(url), { port: await freePort() })
      const DATABASE_URL = Object.assign(new URL(url), { port }).href
      t.match(await run(t, { DATABASE_URL }), {
        code: 1,
        stdout: '',
        stderr: new RegExp(
          `^DATABASE_URL=postgres://127.0.0.1:${port}/\\w+ .*ECONNREFUSED[^\n]*Start it[^\n]*\n$`,
        ),
      })
    })

    t.test(
      'a server has its database for itself, and another one waits, then says why it stops',
      async (t) => {
        const first = await startProcess(t, settings)
        t.match(await run(t, settings), {
          code: 1,
          stdout: '',
          stderr: `Another Partyline is using ${new URL(url).protocol}//${new URL(url).host}${new URL(url).pathname}. Stop it, set another DATABASE_URL, or give both a REDIS_URL.\n`,
        })
        const next = launch(t, settings)
        await first.kill()
        t.ok(await next.address(), 'and takes over from one that was killed')
      },
    )
  })

  t.test('the lock of a database', async (t) => {
    const url = await postgres.database()
    const losses: Error[] = []
    const hold = (shared: boolean) =>
      PostgresLock.hold(url, 100, { shared, onLoss: (error) => losses.push(error) })

    t.test('the lock belongs to one process, or to all that share it', async (t) => {
      const alone = await hold(false)
      t.ok(alone)
      t.equal(await hold(false), undefined)
      t.equal(await hold(true), undefined)
      await alone?.release()
      const [one, two] = [await hold(true), await hold(true)]
      t.ok(one && two)
      t.equal(await hold(false), undefined)
      await one?.release()
      await two?.release()
    })

    t.test('the lock is taken again when its connection breaks', async (t) => {
      const lock = await hold(false)
      await breakConnections(url)
      await eventually('its loss is told', () => losses.length === 1)
      t.ok(losses[0] instanceof DatabaseAway)
      await eventually('it is taken again', async () => (await locks(url, 'advisory', true)) === 1)
      t.equal(await hold(false), undefined)
      await lock?.release()
      await eventually('it is free', async () => (await locks(url, 'advisory', true)) === 0)
    })

    t.test('the lock is waited for if another process took it meanwhile, which is reported', async (t) => {
      const lock = await hold(false)
      losses.length = 0
      await breakConnections(url)
      const other = await hold(false)
      t.ok(other)
      await eventually('that is told', () => losses.some((error) => error instanceof DataInUse))
      await other?.release()
      await eventually('it is taken again', async () => (await locks(url, 'advisory', true)) === 1)
      await lock?.release()
    })
  })

  t.test('reset-password works with the database of a running server', async (t) => {
    const url = await postgres.database()
    const { person, visitor } = await startServer(t, { DATABASE_URL: url })
    const ada = await person('ada')
    const socket = await enter(ada, 'lobby')
    const command = ['bin/partyline', 'reset-password', 'ada']
    const { code, stdout, stderr } = await run(t, { DATABASE_URL: url }, command)
    t.strictSame([code, stderr], [0, ''])
    const password = /The new password of ada is (\S+)/.exec(stdout)?.[1] ?? ''
    t.equal((await socket.closed()).code, 4001)
    t.equal((await visitor().signIn('ada', password)).status, 303)

    const elsewhere = Object.assign(new URL(url), { pathname: '/nowhere' }).href
    t.match(await run(t, { DATABASE_URL: elsewhere }, command), {
      code: 1,
      stdout: '',
      stderr: /^DATABASE_URL=[^\n]+there is no such database[^\n]+\n$/,
    })
  })

  t.test('with a read-only database, people can read but not write', async (t) => {
    const url = await postgres.database()
    const { pathname } = new URL(url)
    const server = await startProcess(t, { DATABASE_URL: url })
    const ada = new Visitor(server.address)
    await ada.signUp('ada')
    const socket = await enter(ada, 'lobby')
    const only = (state: string) =>
      execute(
        postgres.url,
        `alter database ${pathname.slice(1)} set default_transaction_read_only = ${state}`,
      )
    await only('on')
    await breakConnections(postgres.url, pathname.slice(1))
    const start = performance.now()
    await eventually('it is not ready', async () => (await fetch(`${server.address}/readyz`)).status === 503)
    socket.send({ message: 'lost', id: 'lost' })
    t.match(await socket.next('error'), { code: 'internal', id: 'lost' })
    t.ok(performance.now() - start < 10_000, 'a message fails without further attempts')
    t.match(await ada.get('/account'), { status: 200 }, 'pages can be read')
    t.match(await run(t, { DATABASE_URL: url }), {
      code: 1,
      stdout: '',
      stderr:
        /^DATABASE_URL=[^\n]+it is read-only[^\n]+give the address of the server that takes writes[^\n]+\n$/,
    })
    await only('off')
    await breakConnections(postgres.url, pathname.slice(1))
    await eventually(
      'it is ready again',
      async () => (await fetch(`${server.address}/readyz`)).status === 200,
    )
  })

  t.test('with a pooler in transaction mode', withPgbouncer, async (t) => {
    const url = await postgres.database()
    const pooled = await startPgbouncer(t, url, 'transaction')
    t.match(await run(t, { DATABASE_URL: pooled }), {
      code: 1,
      stdout: '',
      stderr: /^DATABASE_URL=[^\n]+ in transaction mode[^\n]+pool_mode=session[^\n]+\n$/,
    })
    t.equal(await poolsTransactions(await startPgbouncer(t, url, 'session')), false)
    t.equal(await poolsTransactions(url), false)

    t.test('migrations leave no lock behind, whoever uses the connections meanwhile', async (t) => {
      const own = await open(t, pooled)
      const others = await Promise.all(Array.from({ length: 3 }, () => open(t, pooled)))
      let over = false
      const busy = others.map(async (database) => {
        while (!over) await inTransaction(database, (transaction) => names(transaction))
      })
      const migrations = { '001': { up: async () => {} } }
      for (let feature = 0; feature < 20; feature += 1)
        await migrateFeature(own, `feature_${feature}`, migrations, pooled)
      over = true
      await Promise.all(busy)
      t.equal(await locks(url, 'advisory', true), 0)
    })

    t.test('a server with Redis warns about the pooler and starts', withRedis, async (t) => {
      const redis = await startRedis(t)
      const server = await startProcess(t, { DATABASE_URL: pooled, REDIS_URL: redis.url })
      t.match(server.stdout(), /"level":40,[^\n]+ in transaction mode[^\n]+pool_mode=session/)
      t.equal((await new Visitor(server.address).signUp('ada')).status, 303)
    })
  })

  t.test('names that no database accepts are not found', async (t) => {
    const { person, visitor } = await startServer(t, { DATABASE_URL: await postgres.database() })
    const ada = await person('ada')
    t.equal((await ada.get('/rooms/%00')).status, 404)
    t.equal((await ada.get('/api/rooms/lob%00by/messages')).status, 404)
    t.equal((await ada.get('/rooms/%00/calculator')).status, 404)
    t.equal((await ada.socket('/ws/chat/%00').closed()).code, 4004)
    t.equal((await visitor().signIn('ada\0')).status, 401)
  })
})

t.test('a database that is away', withPostgres, async (t) => {
  const postgres = await startPostgres(t, { durable: true })
  const url = await postgres.database()
  const { app, address, person, visitor } = await startServer(t, { DATABASE_URL: url, RATE_LIMIT: '0' })
  const [ada, bob] = [await person('ada'), await person('bob')]
  const [sender, other] = [await enter(ada, 'lobby'), await enter(bob, 'lobby')]
  let rev = 0

  const ready = async () => {
    const { status, text } = await visitor().get('/readyz')
    return { status, database: JSON.parse(text).database }
  }

  async function isAway(t: Test, id: string): Promise<void> {
    sender.send({ message: 'lost?', id })
    t.match(
      await sender.next('error'),
      { code: 'internal', id },
      'people who write are told that nothing is stored',
    )
    const [readiness, page, refused] = await Promise.all([
      ready(),
      ada.get('/'),
      ada.socket('/ws/chat/lobby').closed(),
    ])
    t.strictSame(readiness, { status: 503, database: 'away' })
    t.equal(page.status, 503)
    t.match(page.text, 'Not available right now', 'a page says so')
    t.notMatch(page.text, /ECONN|terminat|answer/i, 'without the reason')
    t.equal((await fetch(`${address}/healthz`)).status, 200)
    t.equal(refused.code, 1006, 'a new socket has to reconnect later')
  }

  async function isBack(t: Test, id: string): Promise<void> {
    await eventually('it is ready again', async () => (await ready()).status === 200)
    t.equal((await ada.get('/')).status, 200)
    sender.send({ message: 'found', id })
    rev += 1
    t.match(await sender.next('message'), { id, rev, message: 'found' })
    t.match(await messages(other, 1), [{ id, rev }], 'once')
    await sayUnheard(t, url, `${id}-elsewhere`)
    rev += 1
    t.match(await messages(other, 1), [{ id: `${id}-elsewhere`, rev }], 'and feeds heal')
    await sender.next('message')
  }

  t.test('when it was killed, nothing acknowledged is lost', async (t) => {
    await postgres.kill()
    await isAway(t, 'killed')
    await postgres.start()
    await isBack(t, 'killed')
  })

  t.test('when it was stopped, nothing acknowledged is lost', async (t) => {
    await postgres.stop()
    await isAway(t, 'stopped')
    await postgres.start()
    await isBack(t, 'stopped')
  })

  t.test('when it hangs, requests fail in some seconds instead of hanging', async (t) => {
    postgres.pause()
    const users = [1, 2].map((id) => ({ id, name: id === 1 ? 'ada' : 'bob' }))
    const many = Promise.allSettled(
      users.flatMap((user) => Array.from({ length: 50 }, () => app.chat.writer.post(1, user, 'waits'))),
    )
    const start = performance.now()
    // The last check still counts for a moment.
    await eventually('that it hangs is noticed', async () => (await ready()).status === 503)
    t.strictSame(await ready(), { status: 503, database: 'away' })
    t.ok(
      (await many).every(({ status }) => status === 'rejected'),
      'all waiting requests fail as soon as one does',
    )
    await isAway(t, 'hung')
    t.ok(performance.now() - start < 60_000, `${performance.now() - start} ms`)
    postgres.resume()
    await isBack(t, 'hung')
  })

  t.test('at the start, it is waited for', async (t) => {
    await postgres.stop()
    const opening = open(t, url)
    await postgres.start()
    t.strictSame(await names(await opening), ['ada', 'bob'])
  })
})

async function open(t: Test, url: string): Promise<Database> {
  const database = await openWithFeatures('', url)
  t.teardown(() => database.destroy())
  return database
}

async function names(database: Pick<Database, 'selectFrom'>): Promise<string[]> {
  const rows = await database.selectFrom('users').select('name').orderBy('id').execute()
  return rows.map(({ name }) => name)
}

async function said(url: string): Promise<unknown> {
  const [row] = await execute(url, 'select count(*)::int from messages')
  return row?.count
}

/** Posts in the lobby as a process without a connection to this one would. */
async function sayUnheard(t: Test, url: string, id: string): Promise<void> {
  const database = await open(t, url)
  await messageWriter(database).post(1, { id: 1, name: 'ada' }, 'elsewhere', id)
}

/** The number of locks of a kind in a database that are held, or waited for. */
async function locks(url: string, type: 'relation' | 'advisory', granted: boolean): Promise<unknown> {
  const [row] = await execute(
    url,
    `select count(*)::int from pg_locks join pg_database on pg_database.oid = database
     where datname = current_database() and locktype = '${type}' and granted = ${granted}`,
  )
  return row?.count
}

/** Ends all connections to a database, as an administrator would. @param name a database other than the one in the address */
async function breakConnections(url: string, name?: string): Promise<void> {
  const database = name === undefined ? 'current_database()' : `'${name}'`
  await execute(
    url,
    `select pg_terminate_backend(pid, 1000) from pg_stat_activity
     where datname = ${database} and pid <> pg_backend_pid()`,
  )
}

/** Locks a table until it is released. */
async function holdTable(t: Test, url: string, table: string): Promise<() => Promise<unknown>> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(`begin; lock table ${table}`)
  return () => client.query('commit')
}

/** Asks again if a busy machine takes longer to answer than a statement may. */
async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof DatabaseAway) return untilAnswered(ask)
    throw error
  }
}

/** The script of a process that posts in the lobby what all writers post, and messages of its own, many at a time. */
function writing(url: string, writer: number): string {
  return `
    import { DatabaseAway } from './src/storage/errors.ts'
    import { messageWriter, openWithFeatures } from './test/support/features.ts'
    const database = await openWithFeatures('', ${JSON.stringify(url)})
    const writer = messageWriter(database)
    const ada = { id: 1, name: 'ada' }
    // On a busy machine an answer may take longer than a statement may. The message is then sent again with its id, as clients do.
    async function post(text, id) {
      try {
        return await writer.post(1, ada, text, id)
      } catch (error) {
        if (error instanceof DatabaseAway) return post(text, id)
        throw error
      }
    }
    for (let from = 0; from < ${MESSAGES}; from += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => [
        post('all', 'all-' + (from + index)),
        post('own', 'own-${writer}-' + (from + index)),
      ]).flat())
    }
    await database.destroy()`
}
