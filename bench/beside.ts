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

/**
 * The rooms of `rooms`, beside others in which each message mentions twenty people, is posted by a hook to another system, and
 * that are exported all the time. None of that happens in the rooms that are measured.
 */
export async function roomsBeside(peer: Peer, scale: Scale): Promise<Sample> {
  let delivered = 0
  const receiver = createServer((request, response) => {
    delivered += 1
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`
  const ended = new AbortController()
  let others: Promise<unknown> = Promise.resolve()
  const watched: Peer = {
    ...peer,
    async start(how) {
      const server = await peer.start({
        ...how,
        rooms: how.rooms + ROOMS,
        core: Core.server,
        settings: { WEBHOOK_HOSTS: host },
      })
      others = keepBusy(server, how.ports[0] ?? 0, how.rooms, host, ended.signal)
      return server
    },
  }
  try {
    const sample = await manyRooms(watched, 1, scale, { processes: 1 })
    if (delivered === 0) throw new Error('nothing happened in the other rooms')
    return sample
  } finally {
    ended.abort()
    await others
    receiver.close()
    receiver.closeAllConnections()
  }
}

async function keepBusy(
  { people }: PeerServer,
  port: number,
  first: number,
  host: string,
  signal: AbortSignal,
): Promise<void> {
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
  const rooms = Array.from({ length: ROOMS }, (_, index) => roomName(first + index))
  const busy = rooms.map(async (room) => {
    await ask(`/api/rooms/${room}/hooks`, {
      direction: 'out',
      url: `http://${host}/`,
      events: ['message'],
    })
    for (let count = 0; !signal.aborted; count += 1) {
      await ask(`/api/rooms/${room}/messages`, { message: `${count} for ${mentions.join(' ')}` })
      if (count % RATE === 0) await ask(`/api/rooms/${LOBBY}/export`, { format: 'html' })
      await delay(1000 / RATE, undefined, { signal })
    }
  })
  await Promise.allSettled(busy)
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
