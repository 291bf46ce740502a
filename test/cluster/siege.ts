import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { census } from '../support/census.ts'
import { eventually } from '../support/eventually.ts'
import { Fleet } from '../support/fleet.ts'
import { startNginx, withNginx } from '../support/nginx.ts'
import { type PostgresServer, startPostgres, withPostgres } from '../support/postgres.ts'
import { randomFrom } from '../support/random.ts'
import { type RedisServer, startRedis, withRedis } from '../support/redis.ts'
import { seedFrom } from '../support/seed.ts'
import { temporaryFolder } from '../support/server.ts'
import { City } from './city.ts'

/** The same seed makes the same plan: what happens, in which order, how long it lasts, and after how many messages. */
const SEED = seedFrom('CLUSTER_SEED')

const PROCESSES = 3

/** The numbers of people and rooms: larger for a long siege, when nothing else needs the processors. */
const CITY = process.env.CLUSTER_SECONDS ? { people: 60, rooms: 10 } : { people: 24, rooms: 6 }

export interface SiegeOptions {
  /** How many seconds the blows go on, unless `CLUSTER_SECONDS` is set. */
  readonly seconds: number
  /** With `sqlite`, all processes share one folder. */
  readonly database: 'sqlite' | 'postgres'
}

/** Why there can be no siege on this machine, or false if there can. */
export function unfit({ database }: SiegeOptions): string | false {
  return withNginx.skip || withRedis.skip || (database === 'postgres' && withPostgres.skip)
}

/**
 * Three processes behind nginx, with Redis, in which people talk while one after another of these is killed or stopped, and
 * started again. On PostgreSQL all of them are then replaced by newer ones. In the end everybody has all that was acknowledged,
 * once and in order.
 */
export async function besiege(t: Test, options: SiegeOptions): Promise<void> {
  const seconds = Number(process.env.CLUSTER_SECONDS ?? options.seconds)
  const random = randomFrom(SEED)
  t.comment(`seed ${SEED} (CLUSTER_SEED=${SEED} plans the same)`)
  const redis = await startRedis(t)
  const postgres = options.database === 'postgres' ? await startPostgres(t, { durable: true }) : undefined
  const fleet = await Fleet.open(t, PROCESSES, {
    DATA_DIR: temporaryFolder(t),
    REDIS_URL: redis.url,
    ...(postgres ? { DATABASE_URL: await postgres.database() } : {}),
    TRUST_PROXY: 'loopback',
    RATE_LIMIT: '0',
    SIGN_UPS_PER_ADDRESS: '0',
    LOG_LEVEL: 'error',
  })
  t.teardown(() => t.passing() || console.error(fleet.output()))
  const nginx = await startNginx(t, { upstreams: fleet.ports })
  const city = new City(nginx.address)
  t.teardown(() => city.close())
  const talkers = await city.settle(CITY.people, CITY.rooms)
  const talking = Promise.all(talkers.map((talker) => talker.talk()))
  // Noticed when the current blow is over.
  talking.catch(() => {})

  const blows = plan(fleet, redis, postgres)
  const struck: string[] = []
  const until = Date.now() + seconds * 1_000
  for (let round = blows; Date.now() < until; round = shuffled(blows, random)) {
    for (const { name, strike } of round) {
      await strike(random)
      struck.push(name)
      await Promise.race([city.acknowledged(50 + Math.floor(random() * 250)), talking])
      // The first round, in which each one falls once, always runs to its end.
      if (round !== blows && Date.now() > until) break
    }
  }
  if (postgres) await upgrade(t, fleet, () => Promise.race([city.acknowledged(100), talking]))
  // The last message is not announced to the other processes: they have to look for it.
  await redis.kill()
  city.over = true
  await talking

  t.comment(`${CITY.people} people in ${CITY.rooms} rooms: ${await census(t, city, talkers)}`)
  t.comment(`blows: ${tally(struck)}`)
  t.comment(`connections that ended, by code: ${tally(city.ends)}`)
  t.strictSame(fleet.fallen, [], 'no process ended by itself')
  await redis.start()
  for (const address of fleet.addresses) {
    await eventually('every process is ready again', async () => (await fetch(`${address}/readyz`)).ok)
  }
}

/**
 * Replaces one process after the other while people talk, as a release that brings tables would: what `EXAMPLES` switches on has
 * some of its own, which the first new process makes beside the old ones.
 * @param said resolves when people have said something meanwhile
 */
async function upgrade(t: Test, fleet: Fleet, said: () => Promise<unknown>): Promise<void> {
  fleet.change({ EXAMPLES: 'on' })
  const isNew = (address: string | undefined) =>
    fetch(`${address}/rooms/lobby/polls`, { redirect: 'manual' }).then(({ status }) => status !== 404)
  for (const [index, address] of fleet.addresses.entries()) {
    t.equal(await isNew(address), false, 'an old process still runs')
    const { code } = await fleet.stop(index)
    t.equal(code, 0)
    await said()
    await fleet.start(index)
    await eventually('a new process is ready', async () => (await fetch(`${address}/readyz`)).ok)
    t.equal(await isNew(address), true, 'a new process has the new features')
    await said()
  }
}

/** Does some damage. The promise resolves when it has been repaired. */
interface Blow {
  readonly name: string
  strike(random: () => number): Promise<void>
}

function plan(fleet: Fleet, redis: RedisServer, postgres: PostgresServer | undefined): Blow[] {
  const all = fleet.ports.map((_, index) => index)
  const one = (random: () => number) => Math.floor(random() * all.length)
  const killed = async (index: number) => {
    await fleet.kill(index)
    await fleet.start(index)
  }
  const restarted = async (server: RedisServer | PostgresServer, away: number) => {
    await server.kill()
    await delay(away)
    await server.start()
  }
  const blows: Blow[] = [
    { name: 'kill -9 of a process', strike: (random) => killed(one(random)) },
    {
      name: 'kill -9 of two processes',
      async strike(random) {
        const spared = one(random)
        await Promise.all(all.filter((index) => index !== spared).map(killed))
      },
    },
    {
      name: 'SIGTERM to a process',
      async strike(random) {
        const index = one(random)
        const { code, signal } = await fleet.stop(index)
        if (code !== 0) throw new Error(`a process that was asked to stop ended with ${signal ?? code}`)
        await fleet.start(index)
      },
    },
    { name: 'kill -9 of Redis', strike: (random) => restarted(redis, random() * 1_500) },
  ]
  if (!postgres) return blows
  return [
    ...blows,
    { name: 'immediate shutdown of PostgreSQL', strike: (random) => restarted(postgres, random() * 1_500) },
    {
      name: 'a process, Redis and PostgreSQL at once',
      async strike(random) {
        const index = one(random)
        await Promise.all([fleet.kill(index), redis.kill(), postgres.kill()])
        await Promise.all([fleet.start(index), redis.start(), postgres.start()])
      },
    },
  ]
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const rest = [...items]
  const found: Item[] = []
  while (rest.length > 0) found.push(...rest.splice(Math.floor(random() * rest.length), 1))
  return found
}

function tally(things: readonly (string | number)[]): string {
  return [...Map.groupBy(things, (thing) => thing)]
    .map(([thing, all]) => `${all.length} × ${thing}`)
    .join(', ')
}
