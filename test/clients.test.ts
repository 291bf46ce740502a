import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import PartySocket from 'partysocket/ws'
import reconnectingWebSocket from 'reconnecting-websocket'
import t, { type Test } from 'tap'
import { eventually } from './support/eventually.ts'
import { Line } from './support/line.ts'
import { startServer } from './support/server.ts'
import { PASSWORD } from './support/visitor.ts'

// Clients by other authors, unchanged. Each has a token in the address, since browsers' WebSocket has no headers.

interface Frame {
  readonly type: string
  readonly rev?: number
  readonly message?: string
}

/** What these clients and a browser's WebSocket have in common. */
interface Client {
  send(text: string): void
  close(): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** The package's types are those of its CommonJS build. */
const ReconnectingWebSocket = reconnectingWebSocket as unknown as new (
  address: () => Promise<string>,
) => Client

const server = await startServer(t, { RATE_LIMIT: '0' })
await server.person('ada')
const bob = await server.person('bob')

/** The address for a client: with a new token, and the revision that it has so far. */
async function addressOf(base: string, name: string, since: number | undefined): Promise<string> {
  const answer = await fetch(`${server.address}/api/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: name, password: PASSWORD }),
  })
  const { token } = (await answer.json()) as { token: string }
  const query = new URLSearchParams({ token, ...(since === undefined ? {} : { since: String(since) }) })
  return `${base.replace('http', 'ws')}/ws/chat/lobby?${query}`
}

for (const [name, connect] of Object.entries({
  partysocket: (address: () => Promise<string>): Client => new PartySocket(address),
  'reconnecting-websocket': (address: () => Promise<string>): Client => new ReconnectingWebSocket(address),
})) {
  t.test(`${name} reconnects after a lost connection and misses nothing`, async (t) => {
    const line = await Line.open(t, server.address)
    const frames: Frame[] = []
    const heard = () => frames.filter(({ type }) => type === 'message').map(({ message }) => message)
    let since: number | undefined
    const client = connect(() => addressOf(line.address, 'ada', since))
    t.teardown(() => client.close())
    client.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(data) as Frame
      if (frame.type === 'welcome' || frame.type === 'message') since = frame.rev
      frames.push(frame)
    })
    await eventually('it is welcome', () => frames.some(({ type }) => type === 'welcome'))

    client.send(JSON.stringify({ message: `by ${name}`, id: name }))
    await eventually('its own message comes', () => heard().includes(`by ${name}`))
    line.cut()
    await say(t, `while ${name} was away`)
    line.mend()
    await eventually('it has what it missed', () => heard().includes(`while ${name} was away`))
    t.same(heard(), [`by ${name}`, `while ${name} was away`], 'each once')
  })
}

/** Debian's own Python, for which python3-websockets is installed. */
const python = '/usr/bin/python3'
const hasWebsockets = await promisify(execFile)(python, ['-c', 'import websockets']).then(
  () => true,
  () => false,
)
if (!hasWebsockets && process.env.CI === 'true')
  throw new Error('no websockets for Python: apt install python3-websockets')
const withPython = { skip: hasWebsockets ? false : 'no websockets for Python' } as const

t.test('a Python client using websockets follows a room and writes in it', withPython, async (t) => {
  const script = `
import asyncio, json, sys, websockets

async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        welcome = json.loads(await socket.recv())
        await socket.send(json.dumps({"message": "by Python", "id": "python"}))
        while True:
            frame = json.loads(await socket.recv())
            if frame["type"] == "message":
                print(json.dumps([welcome["type"], welcome["user"], frame["sender"], frame["message"], frame["id"]]))
                return

asyncio.run(main())
`
  const address = await addressOf(server.address, 'ada', undefined)
  const { stdout } = await promisify(execFile)(python, ['-c', script, address], { timeout: 30_000 })
  t.same(JSON.parse(stdout), ['welcome', 'ada', 'ada', 'by Python', 'python'])
})

async function say(t: Test, message: string): Promise<void> {
  const socket = bob.socket('/ws/chat/lobby')
  await socket.next('welcome')
  socket.send({ message })
  t.match(await socket.next('message'), { message })
  socket.close()
}
