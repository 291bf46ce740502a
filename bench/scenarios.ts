import { roomsBeside } from './beside.ts'
import { hostile } from './hostile.ts'
import {
  calculator,
  idle,
  manyRooms,
  oneRoom,
  type Phase,
  page,
  type Sample,
  type Scale,
  type Setting,
  start,
} from './measure.ts'
import { type Peer, partylineOnPostgres } from './peers.ts'
import { search } from './search.ts'
import { sheetEdit, sheetOpen, sheetWhole, sheetWriters } from './sheet.ts'

export interface Scenario {
  readonly name: string
  readonly work: string
  /** The unit of its figure. */
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Over Redis, with two processes of each peer. */
  readonly shared: boolean
  /** Peers whose names begin so take part; none: all. */
  readonly peers?: readonly string[]
  /** It takes so long that it is only run when it is asked for. */
  readonly isLong?: true
}

/** The people who talk in a lively room of ten. */
const LIVELY = 5

const room = 'one room of 1,000 members'
const deliveries = { unit: 'deliveries a second', better: 'more', shared: false } as const
const sheet = { better: 'less', shared: false, peers: ['partyline'] } as const
const bun = ['bun', 'bun-sqlite']
const overRedis = ['partyline', 'ws', 'socket.io', 'channels-redis']

export const scenarios: readonly Scenario[] = [
  {
    name: 'calm',
    work: `${room}, 20 messages a second in an open loop`,
    unit: 'ms (p99)',
    better: 'less',
    shared: false,
    peers: [...overRedis, ...bun],
  },
  {
    name: 'solo',
    work: `${room}, one of whom talks`,
    ...deliveries,
    peers: ['partyline', 'ws', 'socket.io', ...bun],
  },
  {
    name: 'busy',
    work: `${room}, 50 of whom talk in a closed loop, 128 characters`,
    ...deliveries,
    peers: [...overRedis, ...bun, 'channels-uvicorn'],
  },
  { name: 'rooms', work: '100 rooms of 10, one talker each', ...deliveries, peers: overRedis },
  {
    name: 'rooms-beside',
    work: '100 rooms of 10, one talker each, beside five rooms that have hooks, notifications and exports, and in which nothing happens',
    ...deliveries,
    peers: ['partyline'],
  },
  {
    name: 'rooms-busy-beside',
    work: '100 rooms of 10, one talker each, beside five rooms in which each message mentions twenty people and goes out by a hook, and exports all the time',
    ...deliveries,
    peers: ['partyline'],
  },
  {
    name: 'lively-rooms',
    work: '100 rooms of 10, five talkers each',
    ...deliveries,
    peers: [...overRedis, ...bun],
  },
  {
    name: 'calculator',
    work: '50 sockets in a closed loop, `12*7`',
    unit: 'results a second',
    better: 'more',
    shared: false,
    peers: ['partyline', 'ws', 'socket.io', 'channels-uvicorn', 'channels-daphne'],
  },
  {
    name: 'sheet-edit',
    work: 'an edit on which 200 lines depend, until ten people have all of them',
    ...sheet,
    unit: 'ms (p99)',
  },
  {
    name: 'sheet-whole',
    work: 'a line on which 1,000 depend, one after another, until all are stored',
    ...sheet,
    unit: 'ms (median)',
  },
  { name: 'sheet-open', work: 'the page of a sheet of 1,000 lines', ...sheet, unit: 'ms (median)' },
  {
    name: 'sheet-writers',
    work: '50 people who write in one sheet, two lines a second each with their drafts',
    ...sheet,
    unit: 'ms (p99)',
  },
  {
    name: 'hostile',
    work: '`12*7` in a closed loop beside 20 attackers of 10 accounts, with previews and lines, and a hostile sheet of 20,000 lines',
    unit: 'ms (p99)',
    better: 'less',
    shared: false,
    peers: ['partyline'],
  },
  {
    name: 'search',
    work: 'nineteen kinds of searches among a million messages of 200 rooms, half of them private, one after the other',
    ...sheet,
    unit: 'ms (p99)',
    isLong: true,
  },
  {
    name: 'search-postgres',
    work: 'the same on PostgreSQL',
    ...sheet,
    unit: 'ms (p99)',
    isLong: true,
  },
  {
    name: 'idle',
    work: '5,000 sockets',
    unit: 'KiB for each',
    better: 'less',
    shared: false,
    peers: ['partyline', 'ws', 'socket.io', 'channels-uvicorn'],
  },
  {
    name: 'page',
    work: '`GET /rooms/lobby`, signed in, 50 messages, 32 connections',
    unit: 'pages a second',
    better: 'more',
    shared: false,
    peers: ['partyline'],
  },
  {
    name: 'start',
    work: 'the second start, to the first `healthz`',
    unit: 's',
    better: 'less',
    shared: false,
    peers: ['partyline'],
  },
  {
    name: 'busy-shared',
    work: `${room} on two processes, 50 of whom talk in a closed loop`,
    ...deliveries,
    shared: true,
  },
  {
    name: 'rooms-shared',
    work: '100 rooms of 10 on two processes, one talker each',
    ...deliveries,
    shared: true,
  },
]

/** Runs some scenarios on one peer. Those of one room share its sockets. */
export async function measure(
  peer: Peer,
  wanted: readonly Scenario[],
  scale: Scale,
  setting: Setting,
): Promise<Map<Scenario, Sample>> {
  const samples = new Map<Scenario, Sample>()
  const named = new Map(wanted.map((scenario) => [scenario.name.replace('-shared', ''), scenario]))
  const phases = (['calm', 'solo', 'busy'] as const satisfies Phase[]).filter((phase) => named.has(phase))
  const add = async (name: string, run: () => Promise<Sample>) => {
    const scenario = named.get(name)
    if (scenario) samples.set(scenario, await run())
  }
  for (const [phase, sample] of await oneRoom(peer, phases, scale, setting)) {
    await add(phase, async () => (phase === 'calm' ? { ...sample, figure: sample.p99 ?? 0 } : sample))
  }
  await add('rooms', () => manyRooms(peer, 1, scale, setting))
  await add('rooms-beside', () => roomsBeside(peer, scale, 'idle'))
  await add('rooms-busy-beside', () => roomsBeside(peer, scale, 'busy'))
  await add('lively-rooms', () => manyRooms(peer, LIVELY, scale, setting))
  await add('calculator', () => calculator(peer, scale))
  await add('sheet-edit', () => sheetEdit(peer, scale))
  await add('sheet-whole', () => sheetWhole(peer, scale))
  await add('sheet-open', () => sheetOpen(peer, scale))
  await add('sheet-writers', () => sheetWriters(peer, scale))
  await add('hostile', () => hostile(peer, scale))
  await add('search', () => search(peer, scale))
  if (!partylineOnPostgres.missing) await add('search-postgres', () => search(partylineOnPostgres, scale))
  await add('idle', () => idle(peer, scale))
  await add('page', () => page(peer, scale))
  await add('start', () => start(peer))
  return samples
}
