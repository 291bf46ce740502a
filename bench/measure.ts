import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectJob, Faults, LoadShares, Room } from './job.ts'
import { Generator } from './load.ts'
import { Core, freePort, listening, residentMemory } from './machine.ts'
import type { Peer, PeerServer, Start } from './peers.ts'
import { RESULT } from './speech.ts'
import { LOBBY, roomName, SAID } from './town.ts'

/** The size of the scenarios. */
export interface Scale {
  /** People in the one room, and those of them who talk when it is busy. */
  readonly members: number
  readonly talkers: number
  readonly rooms: number
  readonly calculators: number
  readonly idle: number
  readonly pages: number
  readonly sheets: SheetScale
  /** Messages that are searched, and searches of each kind. */
  readonly searched: number
  readonly searches: number
  /** Milliseconds. */
  readonly warmUp: number
  /** The same for pages, of whose code there is more: their number still rises after ten seconds. */
  readonly pagesWarmUp: number
  readonly duration: number
  /** Until a server that was started, or came to have many sockets, has settled. */
  readonly settle: number
}

/** The size of the scenarios with sheets. */
export interface SheetScale {
  /** Lines that depend on the one that is edited. */
  readonly dependent: number
  /** Lines of the sheet that is opened, and calculated whole. */
  readonly large: number
  /** Edits, and openings, of one measurement. */
  readonly edits: number
  readonly openings: number
  /** Milliseconds between two edits of what is large: somebody who makes no pause is taken for one who takes too much. */
  readonly pause: number
  readonly writers: number
  /** Lines of the hostile one. */
  readonly hostile: number
}

/** Members of each of the many rooms. */
const SMALL_ROOM = 10

/** Messages a second where it is calm, and what the calm ones take turns in. */
const CALM_RATE = 20
const CALM_TALKERS = 20

/** The place where a server runs, and the bus through which its processes talk to each other. */
export interface Setting {
  readonly processes: number
  readonly redisUrl?: string
}

/** The results of one run of one peer. */
export interface Sample {
  /** The figure of its scenario. */
  readonly figure: number
  /** Seconds until the calculator answered. */
  readonly answered?: number
  readonly p50?: number
  readonly p99?: number
  readonly faults?: Partial<Faults>
  readonly load?: LoadShares
}

export const phases = ['calm', 'solo', 'busy'] as const
export type Phase = (typeof phases)[number]

/** One room. The phases follow each other on the same sockets, unless one of them went wrong. */
export async function oneRoom(
  peer: Peer,
  wanted: readonly Phase[],
  scale: Scale,
  setting: Setting,
): Promise<Map<Phase, Sample>> {
  const room = { name: LOBBY, members: upTo(scale.members) }
  const left = phases.filter((phase) => wanted.includes(phase))
  const samples = new Map<Phase, Sample>()
  while (left.length > 0) {
    await inTheRooms(peer, [room], Math.max(scale.talkers, CALM_TALKERS), scale, setting, async (talk) => {
      for (let phase = left.shift(); phase; phase = left.shift()) {
        const sample = await talk(
          phase === 'solo' ? 1 : phase === 'calm' ? CALM_TALKERS : scale.talkers,
          phase === 'calm' ? CALM_RATE : 0,
        )
        samples.set(phase, sample)
        if (sample.faults?.missing) return
      }
    })
  }
  return samples
}

/** Many small rooms. @param talkers in each of them */
export async function manyRooms(
  peer: Peer,
  talkers: number,
  scale: Scale,
  setting: Setting,
): Promise<Sample> {
  const rooms = upTo(scale.rooms).map((index) => ({
    name: roomName(index),
    members: upTo(SMALL_ROOM).map((member) => index * SMALL_ROOM + member),
  }))
  return inTheRooms(peer, rooms, talkers, scale, setting, (talk) => talk(talkers, 0))
}

type Talk = (talkers: number, rate: number) => Promise<Sample>

function inTheRooms<Result>(
  peer: Peer,
  rooms: readonly Room[],
  talkers: number,
  { warmUp, duration }: Scale,
  setting: Setting,
  work: (talk: Talk) => Promise<Result>,
): Promise<Result> {
  return connected(peer, { feature: 'chat', rooms, talkers }, setting, Core.server, (generator, pids) =>
    work(async (talkers, rate) => {
      const { deliveries, p50, p99, faults, load } = await generator.talk({
        talkers,
        rate,
        warmUp,
        duration,
        pids,
      })
      return { figure: deliveries, p50, p99, faults, load }
    }),
  )
}

/** People who calculate, each on a sheet of their own. The server is not kept to one core: its evaluators have theirs. */
export function calculator(peer: Peer, { calculators, warmUp, duration }: Scale): Promise<Sample> {
  const rooms = upTo(calculators).map((person) => ({ name: '', members: [person] }))
  const job = { feature: 'calculator', rooms, talkers: 1 } as const
  return connected(peer, job, { processes: 1 }, undefined, async (generator, pids) => {
    const { messages, p50, p99, faults, load } = await generator.talk({
      talkers: 1,
      rate: 0,
      warmUp,
      duration,
      pids,
    })
    return { figure: messages, p50, p99, faults, load }
  })
}

/** Sockets on which nothing is said. @returns KiB for each */
export async function idle(peer: Peer, { idle: sockets, members, settle }: Scale): Promise<Sample> {
  const people = Math.min(members, sockets)
  return started(peer, { people, rooms: 0, core: Core.server }, { processes: 1 }, async (server, ports) => {
    const [pid = 0] = server.processes.map((started) => started.pid)
    await delay(settle)
    const before = residentMemory(pid)
    return withGenerator(async (generator) => {
      const rooms = [{ name: LOBBY, members: upTo(sockets).map((index) => index % people) }]
      await generator.connect({
        dialect: peer.dialect,
        ports,
        feature: 'chat',
        people: server.people,
        rooms,
        talkers: 0,
      })
      await delay(settle)
      return { figure: (residentMemory(pid) - before) / sockets }
    })
  })
}

/** A page of the product that takes a session, a query for its messages, and a template. */
export async function page(
  peer: Peer,
  { pages: connections, pagesWarmUp, duration }: Scale,
): Promise<Sample> {
  return started(peer, { people: 1, rooms: 0, core: Core.server }, { processes: 1 }, (server, ports) =>
    withGenerator(async (generator) => {
      const [port = 0] = ports
      const { pages, p50, p99, errors, load } = await generator.page({
        port,
        path: `/rooms/${LOBBY}`,
        cookie: server.people[0]?.cookie ?? '',
        connections,
        expect: `This is message ${SAID}, `,
        warmUp: pagesWarmUp,
        duration,
        pids: server.processes.map((started) => started.pid),
      })
      return { figure: pages, p50, p99, faults: { errors }, load }
    }),
  )
}

/** Seconds from the command to the first answer of `healthz`, and of the calculator after it, at the second start. */
export async function start(peer: Peer): Promise<Sample> {
  await startOnce(peer)
  return startOnce(peer)
}

async function startOnce(peer: Peer): Promise<Sample> {
  const needs = { people: 1, rooms: 0, core: undefined }
  return started(peer, needs, { processes: 1 }, async (server, [port = 0]) => {
    while (!(await fetch(`http://127.0.0.1:${port}/healthz`)).ok) await delay(5)
    const figure = (performance.now() - server.startedAt) / 1000
    await firstResult(port, server.people[0]?.cookie ?? '')
    return { figure, answered: (performance.now() - server.startedAt) / 1000 - figure }
  })
}

function firstResult(port: number, cookie: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node's own WebSocket takes headers as well, which the browser's type does not know.
    const options: object = { headers: { cookie } }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/calculator`, options as string[])
    socket.addEventListener('open', () => socket.send(JSON.stringify({ expression: '12*7' })))
    socket.addEventListener('message', ({ data }) => {
      if (!RESULT.test(String(data))) return
      resolve()
      socket.close()
    })
    socket.addEventListener('close', () => reject(new Error('the calculator gave no answer')))
  })
}

async function connected<Result>(
  peer: Peer,
  job: Pick<ConnectJob, 'feature' | 'rooms' | 'talkers'>,
  setting: Setting,
  core: number | undefined,
  work: (generator: Generator, pids: number[]) => Promise<Result>,
): Promise<Result> {
  const people = Math.max(...job.rooms.flatMap((room) => room.members)) + 1
  const needs = { people, rooms: job.rooms.filter((room) => room.name.startsWith('room-')).length, core }
  return started(peer, needs, setting, (server, ports) =>
    withGenerator(async (generator) => {
      await generator.connect({ dialect: peer.dialect, ports, people: server.people, ...job })
      return work(
        generator,
        server.processes.map((process) => process.pid),
      )
    }),
  )
}

export async function started<Result>(
  peer: Peer,
  needs: Pick<Start, 'people' | 'rooms' | 'core'>,
  { processes, redisUrl }: Setting,
  work: (server: PeerServer, ports: number[]) => Promise<Result>,
): Promise<Result> {
  const ports: number[] = []
  for (let process = 0; process < processes; process += 1) ports.push(await freePort())
  const server = await peer.start({ ...needs, ports, ...(redisUrl ? { redisUrl } : {}) })
  try {
    await Promise.all(ports.map(listening))
    return await work(server, ports)
  } finally {
    await server.stop()
  }
}

async function withGenerator<Result>(work: (generator: Generator) => Promise<Result>): Promise<Result> {
  const generator = new Generator()
  try {
    return await work(generator)
  } finally {
    generator.stop()
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
