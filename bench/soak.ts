/**
 * `npm run soak`: lets people talk, calculate, look at pages, come and go, and a few do harm, against one server with its
 * limits on, and tells whether its memory is flat at the end.
 *   -- --minutes 20   for how long
 */
import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { TestSocket } from '../test/support/socket.ts'
import { Visitor } from '../test/support/visitor.ts'
import type { Person } from './job.ts'
import { freePort, listening, residentMemory, run } from './machine.ts'
import { newTown } from './peers.ts'
import { roomName } from './town.ts'

const PEOPLE = 80
const ROOMS = 10

/** Milliseconds between two looks at the memory. */
const LOOK = 5_000

/**
 * The last third of the looks may show so much more than the one before it, as a factor and in bytes. What the process has
 * taken from the system also holds the garbage that there was at most, and is not given back: it may grow for longer.
 */
const GROWTH = { resident: 1.1, heap: 1.05, external: 1.05 }
const SLACK = { resident: 16 * 1024 * 1024, heap: 8 * 1024 * 1024, external: 8 * 1024 * 1024 }

/**
 * In each minute there is a rest, in milliseconds from its beginning, in which nobody leaves answers unread: those may take up
 * 8 MiB of each person. What is held is looked at then, after garbage was collected: Buffers that nobody holds wait for that,
 * 100 MiB of them at times.
 */
const REST = 40_000
/** Milliseconds of it after which unread answers are closed and let go of. */
const SETTLED = 5_000

/** Connections that ask for long answers at the end and do not read them. */
const UNREAD = 80
/** Answers that each asks for. */
const ANSWERS = 16

const MEBIBYTE = 1024 * 1024

const EXPRESSIONS = [
  ...[
    '12*7',
    '0.1 + 0.2',
    'x = 5',
    'f(n) = n^2 + x',
    'f(3)',
    'ans * 2',
    '5 inch to cm',
    '[1,2;3,4] * 2',
    '2^200',
    'oops(',
  ],
]

/** Each within the limits of one frame, and made to take as much as it can. */
const HOSTILE = [
  ...[
    '((1:10000)/1000).^pi',
    'std(1:10000)',
    'sort(1:2000)',
    'inv(rand)',
    '9^9^9',
    'g(n) = g(n+1) + n',
    'g(1)',
  ],
  ...['factorial(3000)', 'ones(100,100)^999', '1:1e9', `${'('.repeat(60)}1${')'.repeat(60)}`],
]

const LINKS = 'http://www.example.com/ '.repeat(166)

interface Look {
  readonly resident: number
  readonly heap: number
  readonly external: number
}

const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } })
const minutes = Number(options.minutes)
if (!(minutes > 0)) {
  console.error('--minutes takes a number above 0')
  process.exit(1)
}

const { folder, people, SECRET } = await newTown(PEOPLE, ROOMS)
const port = await freePort()
const address = `http://127.0.0.1:${port}`
const inspectorPort = await freePort()
const server = run([process.execPath, `--inspect=127.0.0.1:${inspectorPort}`, 'src/main.ts'], {
  PORT: String(port),
  DATA_DIR: folder,
  SECRET,
  SIGN_UPS_PER_ADDRESS: '0',
  LOG_LEVEL: 'error',
})
await listening(port)
const inspector = await openInspector()

const begun = Date.now()
const end = begun + minutes * 60_000
const counts: Record<string, number> = {}
const actors = people.flatMap((person, index) => actorsOf(person, index))
const working = Promise.all(actors.map((actor) => untilTheEnd(actor)))
/** Measurements while some people left answers unread, and while nobody did. */
const busy: Look[] = []
const resting: Look[] = []
let minute = 1
while (Date.now() < end) {
  await delay(Math.min(LOOK, Math.max(0, end - Date.now())))
  const time = (Date.now() - begun) % 60_000
  if (time < REST) busy.push(await look())
  else if (time >= REST + SETTLED) resting.push(await lookAtWhatIsHeld())
  if (Date.now() >= begun + minute * 60_000) tell(minute++)
}
await working
const givesBack = await leaveUnread()
inspector.close()
await server.stop()
rmSync(folder, { recursive: true, force: true })

console.log(
  `\n${Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')}`,
)
const third = Math.max(1, Math.floor(resting.length / 3))
const before = resting.slice(-2 * third, -third)
const last = resting.slice(-third)
let isFlat = before.length > 0
for (const part of ['resident', 'heap', 'external'] as const) {
  const [earlier, later] = [medianOf(before, part), medianOf(last, part)]
  const flat = later <= earlier * GROWTH[part] + SLACK[part]
  isFlat &&= flat
  const unread = megabytes(medianOf(busy.slice(-busy.length / 3), part))
  console.log(
    `${part}: ${megabytes(earlier)}, in the last third ${megabytes(later)}${flat ? '' : ': not flat'} (${unread} with garbage, and while answers are left unread)`,
  )
}
process.exit(isFlat && givesBack ? 0 : 1)

type Actor = () => Promise<void>

/** Behaviours that people repeat: most talk, some calculate or look at pages, and a few do harm. */
function actorsOf(person: Person, index: number): Actor[] {
  const visitor = new Visitor(address)
  const [name = '', value = ''] = person.cookie.split(/=(.*)/s)
  visitor.cookies.set(name, value)
  const room = roomName(index % ROOMS)
  const kind = index % 8
  if (kind < 4) return [() => talk(visitor, room)]
  if (kind < 6)
    return [
      () => calculate(visitor, index % 2 === 0 ? `/ws/calculator/${room}` : '/ws/calculator', EXPRESSIONS),
    ]
  if (kind === 6) return [() => lookAround(visitor, room)]
  return [
    () => calculate(visitor, '/ws/calculator', HOSTILE),
    () => flood(visitor, room),
    () => askWithoutReading(visitor, room),
  ]
}

async function untilTheEnd(actor: Actor): Promise<void> {
  while (Date.now() < end) {
    await actor().catch((error) => count(`failures (${error instanceof Error ? error.message : error})`))
    await delay(Math.random() * 500)
  }
}

/** Comes into a room, says some things, and goes. */
async function talk(visitor: Visitor, room: string): Promise<void> {
  const socket = await open(visitor, `/ws/chat/${room}`)
  for (let said = 0; said < 40 && Date.now() < end; said += 1) {
    socket.send({ type: 'typing', on: true })
    socket.send({ message: said % 10 === 0 ? LINKS : `This is number ${said}, said at ${Date.now()}.` })
    count('messages')
    await delay(500 + Math.random() * 1_000)
    socket.drain()
  }
  socket.close()
}

async function calculate(visitor: Visitor, path: string, expressions: readonly string[]): Promise<void> {
  const socket = await open(visitor, path)
  for (let asked = 0; asked < 60 && Date.now() < end; asked += 1) {
    const expression = expressions[asked % expressions.length]
    socket.send({ type: 'preview', expression, id: `p${asked}` })
    if (asked % 3 === 0) socket.send({ expression, id: `l${Date.now()}` })
    count('expressions')
    await delay(200 + Math.random() * 300)
    socket.drain()
  }
  socket.close()
}

async function lookAround(visitor: Visitor, room: string): Promise<void> {
  for (const path of [
    '/',
    `/rooms/${room}`,
    `/api/rooms/${room}/messages?limit=200`,
    `/rooms/${room}/calculator`,
    '/account',
  ]) {
    await visitor.get(path)
    count('pages')
    await delay(100 + Math.random() * 300)
  }
  // A wrong password costs a hash, as a right one does.
  if (Math.random() < 0.05) await new Visitor(address).signIn(`nobody-${Math.floor(Math.random() * 1e6)}`)
}

/** Sends more than anybody may, in frames of all sizes, until it is shown out. */
async function flood(visitor: Visitor, room: string): Promise<void> {
  const socket = await open(visitor, `/ws/chat/${room}`)
  for (let sent = 0; sent < 300 && Date.now() < end; sent += 1) {
    socket.send(sent % 2 === 0 ? '' : JSON.stringify({ message: 'x'.repeat(sent * 100) }))
    count('floods')
    if (sent % 20 === 0) await delay(10)
    socket.drain()
  }
  socket.close()
  await delay(2_000)
}

/** Asks for long answers, does not read them, and hangs up after a while. */
async function askWithoutReading(visitor: Visitor, room: string): Promise<void> {
  if ((Date.now() - begun) % 60_000 > REST - LOOK) return delay(1_000)
  const socket = leaveAnswers(visitor.cookie, room, 4)
  count('answers nobody read')
  await delay(1_000 + Math.random() * 4_000)
  socket.destroy()
}

/** Asks for a room's newest messages, so many times, and reads nothing of what comes. */
function leaveAnswers(cookie: string, room: string, times: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.pause()
  const request = `GET /api/rooms/${room}/messages?limit=200 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\n\r\n`
  socket.write(request.repeat(times))
  return socket
}

/**
 * Leaves the answers of many connections unread, of as many people, and closes them.
 * @returns whether the memory that they took was given back
 */
async function leaveUnread(): Promise<boolean> {
  const held = async () => {
    const { heap, external } = await lookAtWhatIsHeld()
    return heap + external
  }
  const earlier = await held()
  const sockets = people
    .slice(0, UNREAD)
    .map(({ cookie }, index) => leaveAnswers(cookie, roomName(index % ROOMS), ANSWERS))
  await delay(LOOK)
  const meanwhile = await held()
  for (const socket of sockets) socket.destroy()
  await delay(LOOK)
  const left = await held()
  const isGivenBack = left <= earlier + SLACK.heap + SLACK.external
  console.log(
    `${UNREAD} connections that read nothing: ${megabytes(earlier)} held before, ${megabytes(meanwhile)} with them, ${megabytes(left)} after they closed${isGivenBack ? '' : ': not given back'}`,
  )
  return isGivenBack
}

async function open(visitor: Visitor, path: string): Promise<TestSocket> {
  const socket = visitor.socket(path)
  await socket.next('welcome')
  return socket
}

/** A look at what is in use: garbage is collected before it. */
async function lookAtWhatIsHeld(): Promise<Look> {
  const collected = new Promise((resolve) => inspector.addEventListener('message', resolve, { once: true }))
  inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
  await collected
  return look()
}

async function openInspector(): Promise<WebSocket> {
  const [target] = await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json()
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  return socket
}

async function look(): Promise<Look> {
  const metrics = await (await fetch(`${address}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
  return {
    resident: residentMemory(server.pid) * 1024,
    heap: value('nodejs_heap_size_used_bytes'),
    external: value('nodejs_external_memory_bytes'),
  }
}

function tell(minute: number): void {
  const of = (part: keyof Look) => megabytes(medianOf(resting.slice(-2), part))
  const unread = megabytes(medianOf(busy.slice(-8), 'external'))
  console.log(
    `minute ${minute}: ${of('resident')} resident, ${of('heap')} heap, ${of('external')} external (${unread} with garbage, and while answers are left unread)`,
  )
}

function medianOf(looks: readonly Look[], part: keyof Look): number {
  return median(looks.map((one) => one[part]))
}

function count(what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function megabytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`
}
