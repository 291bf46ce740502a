import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { Type } from 'typebox'
import type { Job, Jobs, JobTimes } from '../src/jobs/index.ts'
import { inTransaction } from '../src/storage/index.ts'
import { execute } from './support/database.ts'
import { eventually } from './support/eventually.ts'
import { type JobsPlace, jobsApp } from './support/jobs.ts'
import { startPostgres, withPostgres } from './support/postgres.ts'
import { launch, run } from './support/process.ts'
import { temporaryFolder } from './support/server.ts'

const Numbered = Type.Object({ number: Type.Integer() })
type Numbered = { number: number }
const Nothing = Type.Object({})

/** The lease in `job-process.ts`, in milliseconds. */
const LEASE = 1_500

/** Retries without a delay. */
const hasty = { waits: { firstWait: 1, longestWait: 5 } }

t.test('on SQLite', (t) => holds(t, async () => ({ DATA_DIR: temporaryFolder(t) })))

t.test('on PostgreSQL', withPostgres, async (t) => {
  const postgres = await startPostgres(t)
  const url = await postgres.database()
  // Making the tables takes longer than all the tests.
  await holds(t, async () => {
    const tables = await execute(url, "select 1 from pg_tables where tablename = 'failed_jobs'")
    if (tables.length > 0) await execute(url, 'truncate jobs, failed_jobs, users cascade')
    return { DATA_DIR: temporaryFolder(t), DATABASE_URL: url }
  })
})

/** @param newPlace an empty database, as in the environment */
async function holds(t: Test, newPlace: () => Promise<Record<string, string>>): Promise<void> {
  async function place(): Promise<JobsPlace> {
    const { DATA_DIR: directory = '', DATABASE_URL: url } = await newPlace()
    return { directory, url }
  }

  async function start<Registered>(
    t: Test,
    where: JobsPlace,
    register: (jobs: Jobs) => Registered,
    times?: Partial<JobTimes>,
  ) {
    const started = await jobsApp(where, ({ jobs }) => register(jobs), times)
    t.teardown(() => started.app.close())
    return started
  }

  const rows = (app: FastifyInstance) => app.database.selectFrom('jobs').selectAll().execute()
  const isEmpty = (app: FastifyInstance) =>
    eventually('no job is left', async () => (await rows(app)).length === 0)

  t.test('a job runs once after the transaction that adds it, and never if that is undone', async (t) => {
    const done: number[] = []
    const { app, registered: tasks } = await start(t, await place(), (jobs) =>
      jobs.handle('task', { payload: Numbered }, async ({ number }) => {
        done.push(number)
      }),
    )
    const undone = inTransaction(app.database, async (transaction) => {
      await tasks.add(transaction, { payload: { number: 1 } })
      throw new Error('undone')
    })
    await t.rejects(undone, /undone/)
    await inTransaction(app.database, async (transaction) => {
      await tasks.addAll(transaction, [{ payload: { number: 2 } }, { payload: { number: 3 } }])
    })
    await isEmpty(app)
    t.strictSame(done.toSorted(), [2, 3])
  })

  t.test('jobs are done by either process, and those with the same key never at once', async (t) => {
    const where = await place()
    const running = new Set<number>()
    const done: { by: string; number: number }[] = []
    let overlaps = 0
    const register = (by: string) => (jobs: Jobs) =>
      jobs.handle('task', { payload: Numbered, atOnce: 3, ...hasty }, async ({ number }) => {
        if (running.has(number)) overlaps += 1
        running.add(number)
        await delay(2)
        running.delete(number)
        done.push({ by, number })
      })
    const { app, registered: tasks } = await start(t, where, register('one'))
    await start(t, where, register('two'))
    for (let round = 0; round < 20; round += 1) {
      await inTransaction(app.database, async (transaction) => {
        for (const number of [1, 2, 3, 4, 5])
          await tasks.add(transaction, { payload: { number }, key: `${number}` })
      })
      await delay(3)
    }
    await isEmpty(app)
    t.equal(overlaps, 0)
    t.strictSame(new Set(done.map(({ by }) => by)), new Set(['one', 'two']))
    t.strictSame(new Set(done.map(({ number }) => number)), new Set([1, 2, 3, 4, 5]))
  })

  t.test('a job that is added while another with its key runs is run once more', async (t) => {
    const begun = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    let runs = 0
    const { app, registered: tasks } = await start(t, await place(), (jobs) => {
      return jobs.handle('task', { payload: Nothing }, async () => {
        runs += 1
        begun.resolve()
        if (runs === 1) await held.promise
      })
    })
    const add = () => inTransaction(app.database, async (tx) => tasks.add(tx, { payload: {}, key: 'one' }))
    await add()
    await begun.promise
    await add()
    await add()
    held.resolve()
    await isEmpty(app)
    t.equal(runs, 2)
  })

  t.test('a job left by a killed process is done by another', async (t) => {
    const settings = await newPlace()
    const command = [process.execPath, 'test/support/job-process.ts']
    const first = launch(t, { ...settings, JOB: 'hang' }, command)
    await first.address()
    const { app } = await start(
      t,
      { directory: settings.DATA_DIR ?? '', url: settings.DATABASE_URL },
      () => {},
    )
    await app.database
      .insertInto('jobs')
      .values({ kind: 'task', key: 'one', payload: '{}', created_at: '', run_at: '' })
      .execute()
    await eventually('it has begun', () => first.stdout().includes('begun for the 1. time'))
    const second = launch(t, settings, command)
    await second.address()
    const lease = async () => Date.parse((await rows(app))[0]?.run_at ?? '')
    const taken = await lease()
    await eventually(
      'its lease is renewed for longer than it was',
      async () => (await lease()) > taken + LEASE,
    )
    t.notMatch(second.stdout(), 'begun', 'nobody else begins it while the first runs it')
    await first.kill()
    await isEmpty(app)
    t.match(second.stdout(), 'begun for the 2. time\ndone')
  })

  t.test('a failing job is tried again, and kept with its reason after too many failures', async (t) => {
    let runs = 0
    const {
      app,
      registered: tasks,
      logged,
      metrics,
    } = await start(t, await place(), (jobs) => {
      return jobs.handle('task', { payload: Numbered, attempts: 3, ...hasty }, async () => {
        runs += 1
        throw new Error(`no luck ${runs}`)
      })
    })
    await inTransaction(app.database, async (tx) => tasks.add(tx, { payload: { number: 7 }, key: 'one' }))
    await isEmpty(app)
    t.equal(runs, 3)
    t.match(await app.database.selectFrom('failed_jobs').selectAll().execute(), [
      { kind: 'task', key: 'one', payload: '{"number":7}', attempts: 3, error: 'Error: no luck 3' },
    ])
    t.strictSame(
      logged.map(({ level }) => level),
      [40, 40, 50],
    )
    t.match(logged[2]?.msg, /failed_jobs: .*retry-jobs/)
    t.match(await metrics(), /partyline_jobs_running\{kind="task"\} 0/)
  })

  t.test('an administrator can have failed jobs tried again', async (t) => {
    const settings = await newPlace()
    const where = { directory: settings.DATA_DIR ?? '', url: settings.DATABASE_URL }
    let isMended = false
    const { app, registered: tasks } = await start(t, where, (jobs) =>
      jobs.handle('task', { payload: Numbered, attempts: 1 }, async ({ number }) => {
        if (!isMended) throw new Error(`no luck with ${number}`)
      }),
    )
    await inTransaction(app.database, async (tx) => tasks.add(tx, { payload: { number: 7 }, key: 'one' }))
    await isEmpty(app)
    isMended = true
    const { code, stdout } = await run(t, settings, ['bin/partyline', 'retry-jobs'])
    t.equal(code, 0)
    t.match(stdout, 'task one: Error: no luck with 7\n1 job is being retried')
    await isEmpty(app)
    t.strictSame(await app.database.selectFrom('failed_jobs').selectAll().execute(), [])
  })

  t.test('the delay grows with each failure', async (t) => {
    let attempts = 0
    const waits = { firstWait: 60_000, longestWait: 200_000 }
    const { app, registered: tasks } = await start(t, await place(), (jobs) => {
      return jobs.handle('task', { payload: Nothing, waits }, async (_payload, job: Job) => {
        attempts = job.attempts
        throw new Error('no')
      })
    })
    await inTransaction(app.database, async (tx) => tasks.add(tx, { payload: {} }))
    const found: number[] = []
    for (const attempt of [1, 2, 3]) {
      const given = () => rows(app).then(([row]) => row?.leased_by === null && row)
      await eventually('it has failed', async () => attempts === attempt && (await given()) !== false)
      const row = await given()
      found.push(row ? Date.parse(row.run_at) - Date.now() : 0)
      await app.database.updateTable('jobs').set({ run_at: '' }).execute()
    }
    const isWithin = (wait: number | undefined, longest: number) =>
      t.ok(wait && wait > longest / 2 - 10_000 && wait <= longest, `${wait} ms, of ${longest}`)
    isWithin(found[0], 60_000)
    isWithin(found[1], 120_000)
    isWithin(found[2], 200_000)
  })

  t.test('jobs that share a transaction fail separately', async (t) => {
    const done = new Set<number>()
    const together: number[] = []
    const { app, registered: tasks } = await start(t, await place(), (jobs) => {
      const options = { payload: Numbered, atOnce: 10, attempts: 2, ...hasty }
      return jobs.handleTogether('task', options, async (_transaction, payloads) => {
        if (payloads.some(({ number }) => number === 3)) throw new Error('three')
        together.push(payloads.length)
        for (const { number } of payloads) done.add(number)
        return payloads.map(() => undefined)
      })
    })
    const all: Numbered[] = [1, 2, 3, 4].map((number) => ({ number }))
    await inTransaction(app.database, async (transaction) =>
      tasks.addAll(
        transaction,
        all.map((payload) => ({ payload })),
      ),
    )
    await isEmpty(app)
    t.strictSame([...done].sort(), [1, 2, 4])
    t.match(await app.database.selectFrom('failed_jobs').select('payload').execute(), [
      { payload: '{"number":3}' },
    ])
  })

  t.test('a process that stops returns its jobs, which does not count as a failure', async (t) => {
    const where = await place()
    const begun = Promise.withResolvers<void>()
    const first = await start(t, where, (jobs) => {
      return jobs.handle('task', { payload: Nothing }, async (_payload, { signal }) => {
        begun.resolve()
        await delay(1_000_000, undefined, { signal })
      })
    })
    await inTransaction(first.app.database, async (tx) => first.registered.add(tx, { payload: {} }))
    await begun.promise
    await first.app.close()
    const second = await start(t, where, () => {})
    t.match(await rows(second.app), [{ leased_by: null, attempts: 0, last_error: null }])
  })

  t.test('a process that was paused for longer than its lease writes nothing more', async (t) => {
    const where = await place()
    const refused = Promise.withResolvers<unknown>()
    const { app, registered: tasks } = await start(t, where, (jobs) => {
      return jobs.handle('task', { payload: Nothing }, async (_payload, job) => {
        // As if another process had taken the job meanwhile.
        await app.database.updateTable('jobs').set({ leased_by: 'another', attempts: 2 }).execute()
        const writing = job.transaction(async (transaction) => {
          await transaction.updateTable('installation').set({ id: 'wrong' }).execute()
        })
        refused.resolve(await writing.catch((error) => error))
        await writing
      })
    })
    await inTransaction(app.database, async (tx) => tasks.add(tx, { payload: {} }))
    t.match(await refused.promise, { message: 'another process has taken this job' })
    t.notMatch(await app.database.selectFrom('installation').selectAll().execute(), [{ id: 'wrong' }])
    t.match(await rows(app), [{ leased_by: 'another', attempts: 2 }], 'and leaves the job to the other')
  })

  t.test('the number of waiting jobs is limited for each kind and person', async (t) => {
    const { app, registered: tasks } = await start(t, await place(), (jobs) => {
      return jobs.handle('task', { payload: Nothing, waiting: 4, perPerson: 2 }, async () => {})
    })
    const user = { name: 'ada', password: '', role: 'member' as const, created_at: '' }
    const { id: ada } = await app.database
      .insertInto('users')
      .values(user)
      .returning('id')
      .executeTakeFirstOrThrow()
    const later = { payload: {}, delay: 1_000_000 }
    const add = (person?: number) =>
      inTransaction(app.database, async (transaction) =>
        tasks.add(transaction, person === undefined ? later : { ...later, person }),
      )
    await add(ada)
    await add(ada)
    await t.rejects(add(ada), { code: 'limit', message: /wait until it is/ })
    await add()
    await t.rejects(add(), { code: 'limit', message: /try again in a few minutes/ })
    t.equal((await rows(app)).length, 3)
  })

  t.test('a recurring job is done by one process at a time, also after a failure', async (t) => {
    const where = await place()
    let runs = 0
    let underWay = 0
    let most = 0
    const register = (jobs: Jobs) =>
      jobs.every('tidy', 1, async () => {
        underWay += 1
        most = Math.max(most, underWay)
        await delay(1)
        underWay -= 1
        runs += 1
        if (runs % 5 === 0) throw new Error('now and then')
      })
    // Failures would be a second apart.
    const { app } = await start(t, where, register)
    await start(t, where, register)
    await eventually('it runs', () => runs >= 6)
    t.equal(most, 1)
    t.equal((await rows(app)).length, 1)
  })
}
