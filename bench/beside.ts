import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Core } from './machine.ts'
import { manyRooms, type Sample, type Scale } from './measure.ts'
import type { Peer, PeerServer } from './peers.ts'
import { LOBBY, roomName } from './town.ts'

/** Rooms of others in which something happens, and messages a second in each of them. */
const ROOMS = 5
const RATE = 4

/** Notifications that each of some people has before it begins, pushed by messages that mention them. */
const MENTIONED = 20

/** The activity in the other rooms during a measurement. */
export type Others = 'idle' | 'busy'

/** Hooks that each of the other rooms has where they are idle, and messages that were said there before. */
const HOOKS = 5
const SAID_BEFORE = 4

/**
 * The rooms of `rooms`, beside others that have hooks, notifications and exports. Where those are idle, all of that was used before
 * it begins and nothing happens there any more: whatever is slower than in `rooms` is what these features cost rooms that have none
 * of them. Where they are busy, each message there mentions twenty people and is posted to another system, and a room is exported all
 * the time, for which the server takes its time as for any other work.
 */
export async function roomsBeside(peer: Peer, scale: Scale, others: Others): Promise<Sample> {
  let delivered = 0
  const receiver = createServer((request, response) => {
    delivered += 1
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const ended = new AbortController()
  let busy: Promise<unknown> = Promise.resolve()
  const watched: Peer = {
    ...peer,
    async start(how) {
      const server = await peer.start({
        ...how,
        rooms: how.rooms + ROOMS,
        core: Core.server,
        settings: { WEBHOOK_HOSTS: host },
      })
      const work = { server, port: how.ports[0] ?? 0, first: how.rooms, host, signal: ended.signal }
      if (others === 'busy') {
        busy = keepBusy(work)
        // A measurement may be shorter than the first delivery takes.
        await Promise.race([busy, until(ended.signal, async () => (delivered > 0 ? true : undefined))])
      } else await useOnce(work, () => delivered)
      return server
    },
  }
  try {
    const sample = await manyRooms(watched, 1, scale, { processes: 1 })
    if (delivered === 0) throw new Error('nothing happened in the other rooms')
    return sample
  } finally {
    ended.abort()
    await busy
    receiver.close()
    receiver.closeAllConnections()
  }
}

interface Work {
  readonly server: PeerServer
  readonly port: number
  /** The number of the first of the other rooms. */
  readonly first: number
  /** The address that hooks deliver to. */
  readonly host: string
  readonly signal: AbortSignal
}

/** The first person, who owns all rooms. */
interface Owner {
  readonly rooms: readonly string[]
  /** Says something that mentions some people. */
  say(room: string, text: string): Promise<void>
  hook(room: string): Promise<void>
  export(): Promise<void>
}

async function keepBusy(work: Work): Promise<void> {
  const { signal } = work
  const owner = await ownerOf(work)
  const busy = owner.rooms.map(async (room) => {
    await owner.hook(room)
    for (let count = 0; !signal.aborted; count += 1) {
      await owner.say(room, `${count}`)
      if (count % RATE === 0) await owner.export()
      await delay(1000 / RATE, undefined, { signal })
    }
  })
  await Promise.allSettled(busy)
}

/** Uses all that the other rooms have, and waits until that is over. @param delivered counts what hooks have delivered */
async function useOnce(work: Work, delivered: () => number): Promise<void> {
  const owner = await ownerOf(work)
  for (const room of owner.rooms) {
    for (let hook = 0; hook < HOOKS; hook += 1) await owner.hook(room)
    for (let count = 0; count < SAID_BEFORE; count += 1) await owner.say(room, `${count}`)
  }
  await owner.export()
  const all = ROOMS * HOOKS * SAID_BEFORE
  await until(work.signal, async () => (delivered() >= all ? true : undefined))
}

async function ownerOf({ first, host, port, server: { people }, signal }: Work): Promise<Owner> {
  const cookie = people[0]?.cookie ?? ''
  const address = `http://127.0.0.1:${port}`
  const token = await until(signal, async () => {
    const page = await fetch(`${address}/account`, { headers: { cookie }, signal })
    return /name="_csrf" value="([^"]+)"/.exec(await page.text())?.[1]
  })
  const ask = async (path: string, body: object) => {
    const answer = await fetch(address + path, {
      method: 'POST',
      headers: { cookie, 'x-csrf-token': token ?? '', 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  }
  const mentions = people.slice(1, MENTIONED + 1).map(({ name }) => `@${name}`)
  return {
    rooms: Array.from({ length: ROOMS }, (_, index) => roomName(first + index)),
    say: (room, text) => ask(`/api/rooms/${room}/messages`, { message: `${text} for ${mentions.join(' ')}` }),
    hook: (room) =>
      ask(`/api/rooms/${room}/hooks`, { direction: 'out', url: `http://${host}/`, events: ['message'] }),
    export: () => ask(`/api/rooms/${LOBBY}/export`, { format: 'html' }),
  }
}

/** Asks again and again, until there is an answer. */
async function until<Answer>(
  signal: AbortSignal,
  look: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  while (!signal.aborted) {
    const answer = await look().catch(() => undefined)
    if (answer !== undefined) return answer
    await delay(50)
  }
  return undefined
}
