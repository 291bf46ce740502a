import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startProcess } from '../support/process.ts'
import { temporaryFolder } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { history, Town } from '../support/town.ts'

const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000)
const KILLS = 6
const PEOPLE = 10

// On a machine that has much else to do, each start takes seconds.
t.setTimeout(110_000)

t.test(
  'a server killed at any moment loses, doubles and reorders nothing that it acknowledged',
  async (t) => {
    const random = randomFrom(SEED)
    const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0', LOG_LEVEL: 'error' }
    const town = new Town()
    town.open(await startProcess(t, settings))
    const talkers = await town.settle(PEOPLE)
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

    const reader = talkers[0]?.visitor
    const rooms = [...new Set(talkers.map(({ room }) => room))]
    const histories = new Map<string, Frame[]>()
    for (const room of rooms) histories.set(room, reader ? await history(town.address, reader, room) : [])
    await Promise.all(talkers.map((talker) => talker.hear(histories.get(talker.room)?.length ?? 0)))

    const stored = [...histories.values()].flat()
    const timesStored = new Map<string, number>()
    for (const { room, sender, id } of stored) {
      const key = `${room} ${sender} ${id}`
      timesStored.set(key, (timesStored.get(key) ?? 0) + 1)
    }
    const acknowledged = talkers.flatMap((talker) =>
      talker.acknowledged.map((id) => `${talker.room} ${talker.name} ${id}`),
    )
    const lost = acknowledged.filter((key) => !timesStored.has(key))
    const doubled = [...timesStored].filter(([, times]) => times > 1)
    const disordered = talkers.flatMap((talker) => talker.disorder)
    const repeats = talkers.reduce((sum, talker) => sum + talker.repeats, 0)
    const resets = talkers.reduce((sum, talker) => sum + talker.resets, 0)

    t.comment(`seed ${SEED} (KILL_SEED=${SEED} kills at the same moments), killed after ${kills.join(', ')}`)
    t.comment(
      `${acknowledged.length} acknowledged, ${lost.length} lost, ${doubled.length} doubled, ` +
        `${disordered.length} out of order; ${repeats} retries of what was stored, ${resets} resets`,
    )

    t.strictSame(lost, [], 'every acknowledged message is there')
    t.strictSame(doubled, [], 'and there once')
    t.equal(stored.length, acknowledged.length, 'and nothing else is')
    t.strictSame(disordered, [], 'everyone saw `rev` rise by one')
    for (const talker of talkers) {
      const expected = histories.get(talker.room) ?? []
      t.strictSame(talker.log, expected, `${talker.name} holds what is stored`)
      const own = expected.filter(({ sender }) => sender === talker.name).map(({ id }) => id)
      t.strictSame(
        own,
        talker.acknowledged,
        `and what ${talker.name} said is in the order in which it was said`,
      )
    }
  },
)

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
