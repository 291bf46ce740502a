import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { calculate, lines } from '../support/calculator.ts'
import { type ServerProcess, startProcess } from '../support/process.ts'
import { randomFrom } from '../support/random.ts'
import { seedFrom } from '../support/seed.ts'
import { temporaryFolder } from '../support/server.ts'
import { type Frame, TestSocket } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

const SEED = seedFrom('KILL_SEED')
const KILLS = 2
const PEOPLE = 6

/** A person who increments `x` line after line, and repeats each line until it is acknowledged, whatever happens to the server. */
interface Counter {
  readonly name: string
  readonly visitor: Visitor
  /** The value of each of their lines, by id. */
  readonly values: Map<string, unknown>
}

t.test('a server killed at any moment neither loses nor repeats an acknowledged line', async (t) => {
  const random = randomFrom(SEED)
  const settings = {
    DATA_DIR: temporaryFolder(t),
    RATE_LIMIT: '0',
    LOG_LEVEL: 'error',
    EVALUATORS: 'at-once',
  }
  let server = await startProcess(t, settings)
  let up = Promise.resolve(server)
  let over = false
  let heard = 0
  let reached = () => {}
  let due = 0

  const counters: Counter[] = await Promise.all(
    Array.from({ length: PEOPLE }, async (_, index) => {
      const visitor = new Visitor(server.address)
      const name = `counter-${index}`
      await visitor.signUp(name)
      return { name, visitor, values: new Map<string, unknown>() }
    }),
  )
  const [first] = counters
  if (!first) return t.fail('nobody came')
  const beginning = open(server, first)
  await beginning.next('welcome')
  beginning.send({ expression: 'x = 0', id: 'beginning' })
  await beginning.next('result')
  beginning.close()

  const counting = Promise.all(counters.map(count))
  const after = (lines: number): Promise<void> =>
    new Promise((resolve) => {
      due = heard + lines
      reached = resolve
    })
  const kills: string[] = []
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const acknowledged = Math.ceil(random() * 40)
    const later = Math.floor(random() * 15)
    await Promise.race([after(acknowledged), counting])
    await delay(later)
    const next = Promise.withResolvers<ServerProcess>()
    up = next.promise
    await server.kill()
    kills.push(`${acknowledged} lines and ${later} ms`)
    server = await startProcess(t, settings)
    next.resolve(server)
  }
  await Promise.race([after(30), counting])
  over = true
  await counting

  const stored = await sheet(server, first)
  const acknowledged = counters.flatMap(({ name, values }) =>
    [...values].map(([id, text]) => `${name} ${id} ${text}`),
  )
  t.comment(`seed ${SEED} (KILL_SEED=${SEED} kills at the same moments), killed after ${kills.join(', ')}`)
  t.comment(`${acknowledged.length} acknowledged`)
  t.strictSame(
    stored
      .slice(1)
      .map(({ sender, id, text }) => `${sender} ${id} ${text}`)
      .sort(),
    acknowledged.sort(),
    'every acknowledged line is there once, with the value that was sent, and nothing else is',
  )
  t.strictSame(
    stored.map(({ rev, result }) => [rev, result]),
    stored.map((_, index) => [index + 1, index]),
    'and each one counted on from the one before it',
  )

  async function count(counter: Counter): Promise<void> {
    while (!over) {
      const socket = open(await up, counter)
      try {
        await socket.next('welcome')
        while (!over) await countOnce(socket, counter)
      } catch (error) {
        const { code } = await socket.closed()
        if (code !== 1006) throw error
      }
      socket.close()
    }
  }

  async function countOnce(socket: TestSocket, counter: Counter): Promise<void> {
    const id = `n${counter.values.size + 1}`
    socket.send({ expression: 'x = x + 1', id })
    for (;;) {
      const frame = await socket.next()
      if (frame.type === 'error') throw new Error(`refused: ${JSON.stringify(frame)}`)
      if (frame.id !== id || frame.sender !== counter.name) continue
      counter.values.set(id, frame.text)
      heard += 1
      if (heard >= due) reached()
      return
    }
  }
})

t.test('a line has the same value after the server was killed', async (t) => {
  const settings = { DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'error', EVALUATORS: 'at-once' }
  const server = await startProcess(t, settings)
  const ada = new Visitor(server.address)
  await ada.signUp('ada')
  const socket = open(server, { visitor: ada })
  await socket.next('welcome')
  const said: Frame[] = []
  for (const expression of ['# Budget', 'Rent: 1000/3', '1,234 + 1', 'x = 5', '// later', '2 km'])
    said.push(await calculate(socket, expression, `line-${said.length}`))
  const about = ({ kind, label, rounded, notes, text, result }: Frame) => ({
    kind,
    label,
    rounded,
    notes,
    text,
    result,
  })
  t.match(said.map(about), [
    { kind: 'heading' },
    { kind: 'value', label: 'Rent', rounded: true, text: '333.33333333333' },
    { kind: 'value', notes: [/is read as 1234/], result: 1235 },
    { kind: 'definition', text: '5' },
    { kind: 'comment' },
    { kind: 'value', text: '2 km' },
  ])

  await server.kill()
  const again = await sheet(await startProcess(t, settings), { visitor: ada })
  t.strictSame(again.map(about), said.map(about))
})

function open({ address }: ServerProcess, { visitor }: Pick<Counter, 'visitor'>, query = ''): TestSocket {
  const path = `/ws/calculator/lobby${query}`
  return new TestSocket(address, path, { cookie: visitor.cookie })
}

async function sheet(server: ServerProcess, counter: Pick<Counter, 'visitor'>): Promise<Frame[]> {
  const socket = open(server, counter, '?since=0')
  const { rev } = await socket.next('welcome')
  return lines(socket, Number(rev))
}
