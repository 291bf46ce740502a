import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { census } from '../support/census.ts'
import { Changer } from '../support/changer.ts'
import { startProcess } from '../support/process.ts'
import { randomFrom } from '../support/random.ts'
import { seedFrom } from '../support/seed.ts'
import { temporaryFolder } from '../support/server.ts'
import { SmallTown } from '../support/town.ts'

const SEED = seedFrom('KILL_SEED')
const KILLS = 4
const PEOPLE = 10

// On a busy machine, each start takes seconds.
t.setTimeout(600_000)

t.test(
  'a server killed at any moment neither loses, repeats nor reorders what it acknowledged',
  async (t) => {
    const random = randomFrom(SEED)
    const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0', LOG_LEVEL: 'error' }
    const town = new SmallTown()
    town.open(await startProcess(t, settings))
    const talkers = await town.settle(PEOPLE, 2)
    const talking = Promise.all(talkers.map((talker) => talker.talk()))

    const kills: string[] = []
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const acknowledged = Math.ceil(random() * 400)
      const later = Math.floor(random() * 15)
      await Promise.race([town.acknowledged(acknowledged), talking])
      await delay(later)
      await town.killed()
      kills.push(`${acknowledged} acknowledgements and ${later} ms`)
      town.open(await startProcess(t, settings))
    }
    await Promise.race([town.acknowledged(200), talking])
    town.over = true
    await talking

    t.comment(`seed ${SEED} (KILL_SEED=${SEED} kills at the same moments), killed after ${kills.join(', ')}`)
    t.comment(await census(t, town, talkers))
    t.ok(
      talkers.every(({ refusals }) => refusals === 0),
      'nothing was refused',
    )
  },
)

t.test('edits, deletions and reactions are the same for everyone after the server was killed', async (t) => {
  const random = randomFrom(SEED)
  const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0', LOG_LEVEL: 'error' }
  const town = new SmallTown()
  town.open(await startProcess(t, settings))
  const talkers = await town.settle(5, 1)
  const seqs = await Promise.all(
    talkers.map(async ({ visitor, room }) => {
      const posted: number[] = []
      for (let count = 0; count < 6; count += 1) {
        const { text } = await visitor.postJson(`/api/rooms/${room}/messages`, {
          message: `message ${count}`,
        })
        posted.push(JSON.parse(text).seq)
      }
      return posted
    }),
  )
  const changers = talkers.map(({ visitor, room }) => new Changer(town, visitor, room, random))
  const changing = Promise.all(
    changers.map((changer, index) => changer.change(seqs[index] ?? [], seqs.flat())),
  )
  for (let kill = 1; kill <= 3; kill += 1) {
    await Promise.race([town.acknowledged(Math.ceil(random() * 150)), changing])
    await town.killed()
    town.open(await startProcess(t, settings))
  }
  await Promise.race([town.acknowledged(50), changing])
  town.over = true
  await changing

  const [first] = changers
  if (!first) throw new Error('nobody is there')
  const stored = await town.history(first.visitor, first.room, 0)
  const rev = Math.max(...stored.map((frame) => Number(frame.rev)))
  await Promise.all(changers.map((changer) => changer.hear(rev)))
  t.comment(`seed ${SEED}: ${changers.reduce((sum, { done }) => sum + done, 0)} changes`)
  for (const { messages, disorder } of changers) {
    t.strictSame(
      [...messages.values()].toSorted((a, b) => Number(a.seq) - Number(b.seq)),
      stored,
    )
    t.strictSame(disorder, [])
  }
})
