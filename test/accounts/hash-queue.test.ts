import t from 'tap'
import { HashQueue, TooManyHashes } from '../../src/accounts/hash-queue.ts'

/** A queue whose work is done by hand, and in which order it began. */
function queueByHand(atOnce: number) {
  const queue = new HashQueue(atOnce)
  const begun: string[] = []
  const running: (() => void)[] = []
  const ask = (network: string, name = network) =>
    queue.run(network, () => {
      begun.push(name)
      return new Promise<string>((resolve) => running.push(() => resolve(name)))
    })
  const finishNext = async () => {
    running.shift()?.()
    await new Promise(setImmediate)
  }
  return { ask, begun, finishNext }
}

t.test('networks take turns when hashes wait', async (t) => {
  const { ask, begun, finishNext } = queueByHand(1)
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'b3'].map((name) => ask(name[0] ?? '', name))
  await finishNext()
  all.push(ask('c', 'c1'))
  for (let count = 0; count < 8; count += 1) await finishNext()
  await Promise.all(all)
  t.same(begun, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'b3', 'a4'])
})

t.test('a newcomer waits only for the hashes that are running, however many others wait', async (t) => {
  const { ask, begun, finishNext } = queueByHand(2)
  for (let network = 0; network < 20; network += 1)
    for (let count = 0; count < 20; count += 1) void ask(`stranger ${network}`).catch(() => {})
  for (let count = 0; count < 100; count += 1) await finishNext()
  const before = begun.length
  void ask('ada')
  await finishNext()
  t.equal(begun[before], 'ada')
})

t.test('the queue is bounded for each network and as a whole', async (t) => {
  const { ask, begun, finishNext } = queueByHand(1)
  const refused: string[] = []
  const fill = (network: string, times: number) => {
    for (let count = 0; count < times; count += 1)
      void ask(network).catch((error: unknown) => {
        if (!(error instanceof TooManyHashes)) throw error
        refused.push(network)
      })
    return new Promise(setImmediate)
  }
  await fill('a', 1 + 256)
  t.same(refused, [])
  await fill('a', 2)
  t.same(refused, ['a', 'a'], 'one network may not fill the queue')
  for (const network of ['b', 'c', 'd']) await fill(network, 256)
  t.same(refused.length, 2, 'the queue is full now')
  await fill('ada', 1)
  t.equal(refused.length, 3, 'a network that asks little is admitted before those that ask much')
  t.not(refused[2], 'ada')
  while (!begun.includes('ada')) await finishNext()
  t.match(new TooManyHashes(), { statusCode: 503, retryAfter: 10 })
})
