import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { bundleIn, type EvaluatorBundle } from '../../src/calculator/sandbox/bundle.ts'
import { evaluatorCommand, prepareEvaluators, works } from '../../src/calculator/sandbox/evaluator-command.ts'
import {
  BARE,
  findLaunchers,
  killCommand,
  type LauncherName,
  startCommand,
} from '../../src/confinement/index.ts'
import { eventually } from '../support/eventually.ts'
import { PROBE } from './probe.ts'

const NAMES: readonly LauncherName[] = ['bwrap', 'unshare', 'user', 'setpriv', 'none']
/** What each way to start an evaluator closes by itself, if Node closed nothing at all. */
const SYSTEM = {
  bwrap: ['passwd', 'read', 'list', 'create', 'tamper', 'sqlite', 'connect', 'abstract', 'signal', 'memory'],
  unshare: ['connect', 'abstract', 'signal', 'create', 'memory'],
  user: ['create', 'memory'],
  setpriv: ['create', 'memory'],
  none: [],
} as const
/** Doors that end the process that opens them. */
const LAST = ['flags', 'memory']
/** Doors that only the lockdown closes: Node has no flag for them. */
const LOCKED = [
  'signal',
  'debug',
  'priority',
  'wasm',
  'context',
  'script',
  'data',
  'module',
  'stdout',
  'binding',
]

const bundle = await bundleIn(await mkdtemp(path.join(tmpdir(), 'probe-')))
await writeFile(bundle.file, PROBE)
await chmod(bundle.file, 0o644)
t.teardown(() => bundle.remove())
const launchers = await findLaunchers()
const outside = await surroundings(t)
const doors = [...PROBE.matchAll(/^ {2}(\w+): \(/gm)].map(([, door]) => door ?? '')

for (const name of NAMES) {
  const candidates = launchers.filter((launcher) => launcher.name === name)
  const working = await Promise.all(candidates.map((launcher) => works(launcher, bundle)))
  const launcher = candidates.find((_, index) => working[index])
  const options = launcher ? {} : { skip: `${name} does not work here` }

  t.test(`an evaluator started by ${name}`, options, async (t) => {
    if (!launcher) return
    const command = evaluatorCommand(bundle, launcher)

    t.test('it cannot open any door', async (t) => {
      // Memory is bounded by prlimit.
      const tried = doors.filter((door) => launcher !== BARE || door !== 'memory')
      for (const [door, found] of await tryDoors(command, tried)) t.not(found, 'open', `${door}: ${found}`)
    })

    t.test('the operating system alone closes these doors', async (t) => {
      const node = command.indexOf(process.execPath, command.lastIndexOf('--'))
      const bare = [...command.slice(0, node), process.execPath, bundle.file]
      for (const [door, found] of await tryDoors(bare, SYSTEM[name]))
        t.not(found, 'open', `${door}: ${found}`)
    })

    t.test('it ends with its server, even in a loop', { skip: !launcher.endsWithServer }, async (t) => {
      const script = path.join(import.meta.dirname, 'doomed-evaluator.ts')
      const parameters = [script, bundle.folder, String(launchers.indexOf(launcher))]
      const server = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
      const [told] = await once(server.stdout, 'data')
      const pid = Number(told)
      t.ok(isRunning(pid), 'it is running')
      server.kill('SIGKILL')
      await eventually('the evaluator is gone', () => !isRunning(pid))
    })
  })
}

t.test('Node’s flags alone close every door that they can', async (t) => {
  const command = evaluatorCommand(bundle, BARE)
  const lockdown = command.indexOf('--require')
  // tap gives every child an environment with a module to load, which these flags do not let it read.
  const empty = ['env', '-i', 'NODE_CHANNEL_FD=3', 'NODE_CHANNEL_SERIALIZATION_MODE=json']
  const flags = [...empty, ...command.slice(0, lockdown), ...command.slice(lockdown + 2)]
  const tried = doors.filter((door) => !LOCKED.includes(door) && door !== 'memory')
  for (const [door, found] of await tryDoors(flags, tried)) t.not(found, 'open', `${door}: ${found}`)
})

t.test('the log says once how evaluators are started', async (t) => {
  const said: string[] = []
  const tell = (_details: object, message: string) => void said.push(message)
  const { launcher } = await prepareEvaluators(async () => bundle, { info: tell, warn: tell })
  t.equal(said.length, 1)
  t.match(
    said[0],
    launcher === BARE
      ? /Node alone/
      : new RegExp(`^evaluators are started by ${launcher.name === 'user' ? 'setpriv' : launcher.name}`),
  )
  t.ok(await works(launcher, bundle))
})

/** What an evaluator must not reach: a secret, a database, servers, and a process. */
async function surroundings(t: Test) {
  const folder = await mkdtemp(path.join(tmpdir(), 'outside-'))
  const secret = path.join(folder, 'secret')
  await writeFile(secret, 'x', { mode: 0o600 })
  const database = path.join(folder, 'database.sqlite')
  new DatabaseSync(database).exec('create table secrets (secret text)')
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const name = `partyline-probe-${process.pid}`
  const abstract = createServer((socket) => socket.destroy())
  if (process.platform === 'linux') abstract.listen({ path: `\0${name}` })
  const bystander = spawn('sleep', ['600'], { stdio: 'ignore' })
  t.teardown(() => {
    bystander.kill()
    server.close()
    abstract.close()
  })
  const { pid } = bystander
  const fresh = path.join(folder, 'fresh')
  return {
    read: secret,
    sqlite: database,
    create: fresh,
    connect: port,
    datagram: port,
    fetch: port,
    websocket: port,
    abstract: name,
    signal: pid,
    debug: pid,
    priority: pid,
  } as Record<string, unknown>
}

/** Tries doors one after another. @returns for each `open`, the code of the error, or `ended` when the process did */
async function tryDoors(command: readonly string[], doors: readonly string[]): Promise<[string, string][]> {
  const found: [string, string][] = []
  let probe: Probe | undefined
  for (const door of [...doors].sort((a, b) => LAST.indexOf(a) - LAST.indexOf(b))) {
    probe ??= await startProbe(command, bundle)
    found.push([door, await probe.try(door)])
    if (probe.ended()) probe = undefined
  }
  probe?.end()
  return found
}

interface Probe {
  try(door: string): Promise<string>
  ended(): boolean
  end(): void
}

async function startProbe(command: readonly string[], bundle: EvaluatorBundle): Promise<Probe> {
  const child = startCommand(command, bundle.folder)
  if ((await nextOf(child)) !== 'ready') throw new Error(`it did not start: ${command.join(' ')}`)
  return {
    try: async (door) => {
      child.send([[0, [{ expression: door, names: { with: outside[door] } }]]])
      const answer = await nextOf(child)
      return Array.isArray(answer) ? String(answer[0]?.[1]) : 'ended'
    },
    ended: () => child.exitCode !== null || child.signalCode !== null,
    end: () => killCommand(child),
  }
}

/** The next message of a process, or undefined when it ends. */
function nextOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    child.once('message', resolve)
    child.once('exit', () => resolve(undefined))
  })
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
