import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { census } from '../support/census.ts'
import { Fleet } from '../support/fleet.ts'
import { startNginx, withNginx } from '../support/nginx.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { randomFrom } from '../support/random.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/server.ts'
import { City } from './city.ts'

/** The same seed makes the same plan: what happens, in which order, how long it lasts, and after how many messages. */
const SEED = Number(process.env.CLUSTER_SEED ?? Date.now() % 1_000_000)
/** How long blows fall. For hours: `CLUSTER_SECONDS=7200 node test/cluster/cluster.test.ts`. */
const SECONDS = Number(process.env.CLUSTER_SECONDS ?? 30)
const PROCESSES = 3
const PEOPLE = 60
const ROOMS = 10

t.setTimeout((SECONDS + 85) * 1000)

const skip = withNginx.skip || withRedis.skip || withPostgres.skip

/** Something bad that happens, and is over when the promise is kept. */
interface Blow {
  readonly name: string
  strike(random: () => number): Promise<void>
}

t.test(
  'whatever is killed, everyone holds all that was acknowledged, once and in order',
  { skip },
  async (t) => {
    const random = randomFrom(SEED)
    t.comment(`CLUSTER_SEED=${SEED}`)
    const redis = await startRedis(t)
    const postgres = await startPostgres(t, { durable: true })
    const fleet = await Fleet.open(t, PROCESSES, {
      DATA_DIR: temporaryFolder(t),
      REDIS_URL: redis.url,
      DATABASE_URL: await postgres.database(),
      TRUST_PROXY: 'loopback',
      RATE_LIMIT: '0',
      SIGN_UPS_PER_ADDRESS: '0',
      LOG_LEVEL: 'error',
    })
    t.teardown(() => t.passing() || console.error(fleet.output()))
    const nginx = await startNginx(t, { upstreams: fleet.ports })
    const city = new City(nginx.address)
    const talkers = await city.settle(PEOPLE, ROOMS)
    const talking = Promise.all(talkers.map((talker) => talker.talk()))
    // Seen when the blow that it falls under is over.
    talking.catch(() => {})

    const killed = async (index: number) => {
      await fleet.kill(index)
      await fleet.start(index)
    }
    const one = (random: () => number) => Math.floor(random() * PROCESSES)
    const blows: Blow[] = [
      { name: 'kill -9 of a process', strike: (random) => killed(one(random)) },
      {
        name: 'kill -9 of two processes',
        async strike(random) {
          const spared = one(random)
          await Promise.all([0, 1, 2].filter((index) => index !== spared).map(killed))
        },
      },
      {
        name: 'SIGTERM to a process',
        async strike(random) {
          const index = one(random)
          const { code } = await fleet.stop(index)
          t.equal(code, 0, 'a process that is asked to stop ends well')
          await fleet.start(index)
        },
      },
      {
        name: 'kill -9 of Redis',
        async strike(random) {
          await redis.kill()
          await delay(random() * 1_500)
          await redis.start()
        },
      },
      {
        name: 'immediate shutdown of the database',
        async strike(random) {
          await postgres.kill()
          await delay(random() * 1_500)
          await postgres.start()
        },
      },
      {
        name: 'all of it at once: a process, Redis and the database',
        async strike(random) {
          const index = one(random)
          await Promise.all([fleet.kill(index), redis.kill(), postgres.kill()])
          await Promise.all([fleet.start(index), redis.start(), postgres.start()])
        },
      },
    ]

    const struck: Blow[] = []
    const until = Date.now() + SECONDS * 1_000
    for (let round = blows; Date.now() < until; round = shuffled(blows, random)) {
      for (const blow of round) {
        await blow.strike(random)
        struck.push(blow)
        await Promise.race([city.acknowledged(50 + Math.floor(random() * 500)), talking])
        if (Date.now() > until) break
      }
    }
    city.over = true
    await talking

    const times = Map.groupBy(struck, ({ name }) => name)
    t.comment([...times].map(([name, all]) => `${all.length} × ${name}`).join(', '))
    t.comment(
      `connections that ended: ${[...city.ends].map(([code, count]) => `${count} with ${code}`).join(', ')}`,
    )
    t.comment(`${PEOPLE} people in ${ROOMS} rooms: ${await census(t, city, talkers)}`)
    t.strictSame(fleet.fallen, [], 'no process ended by itself')
  },
)

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const rest = [...items]
  const found: Item[] = []
  while (rest.length > 0) found.push(...rest.splice(Math.floor(random() * rest.length), 1))
  return found
}
