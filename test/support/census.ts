import type { Test } from 'tap'
import type { Frame } from './socket.ts'
import type { Talker, Town } from './town.ts'

/**
 * Checks, when the talking is over, that everybody holds the same log of all that was acknowledged, each message once, in
 * rising `rev`, and that this is what is stored.
 * @returns what was counted, in a line
 */
export async function census(t: Test, town: Town, talkers: readonly Talker[]): Promise<string> {
  const rooms = Map.groupBy(talkers, ({ room }) => room)
  const histories = new Map<string, Frame[]>()
  for (const [room, [reader]] of rooms) {
    histories.set(room, reader ? await town.history(reader.visitor, room, 0) : [])
  }
  await Promise.all(talkers.map((talker) => talker.hear(histories.get(talker.room)?.length ?? 0)))

  const timesStored = new Map<string, number>()
  for (const { room, sender, id } of [...histories.values()].flat()) {
    const key = `${room} ${sender} ${id}`
    timesStored.set(key, (timesStored.get(key) ?? 0) + 1)
  }
  const stored = [...histories.values()].flat()
  const acknowledged = talkers.flatMap((talker) =>
    talker.acknowledged.map((id) => `${talker.room} ${talker.name} ${id}`),
  )
  const lost = acknowledged.filter((key) => !timesStored.has(key))
  const doubled = [...timesStored].filter(([, times]) => times > 1)
  const disorder = talkers.flatMap((talker) => talker.disorder)

  t.strictSame(lost, [], 'every acknowledged message is there')
  t.strictSame(doubled, [], 'and there once')
  t.equal(stored.length, acknowledged.length, 'and nothing else is')
  t.strictSame(disorder, [], 'everyone saw `rev` rise by one')
  for (const [room, messages] of histories) {
    const revs = messages.map(({ rev }) => rev)
    t.strictSame(
      revs,
      [...messages.keys()].map((index) => index + 1),
      `${room} numbers without a hole`,
    )
  }
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
  return (
    `${acknowledged.length} acknowledged, ${lost.length} lost, ${doubled.length} doubled, ` +
    `${disorder.length} out of order; ${sum(talkers, 'repeats')} retries of what was stored, ` +
    `${sum(talkers, 'refusals')} refused and said again, ${sum(talkers, 'resets')} resets`
  )
}

function sum(talkers: readonly Talker[], what: 'repeats' | 'refusals' | 'resets'): number {
  return talkers.reduce((total, talker) => total + talker[what], 0)
}
