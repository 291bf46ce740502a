/**
 * The naive loop that everyone writes first: for each message, a send to each client. `permessage-deflate` is off, as it is
 * by default.
 *   PORT       where to listen
 *   REDIS_URL  shares the rooms with other processes, through one channel for each room
 */
import { Redis } from 'ioredis'
import { type WebSocket, WebSocketServer } from 'ws'

const rooms = new Map<string, Set<WebSocket>>()
const url = process.env.REDIS_URL
const publisher = url ? new Redis(url) : undefined
const subscriber = url ? new Redis(url) : undefined
subscriber?.on('message', tell)

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT) })
server.on('connection', async (socket, request) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'ws://localhost')
  const sender = searchParams.get('as')
  if (pathname === '/ws/calculator') {
    socket.on('message', (content) => calculate(socket, String(content)))
  } else {
    const clients = rooms.get(pathname) ?? new Set()
    if (!rooms.has(pathname)) {
      rooms.set(pathname, clients)
      await subscriber?.subscribe(pathname)
    }
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    socket.on('message', (content) => {
      const { message } = JSON.parse(String(content))
      const json = JSON.stringify({ sender, message, at: new Date() })
      if (publisher) publisher.publish(pathname, json)
      else tell(pathname, json)
    })
  }
  socket.send(JSON.stringify({ type: 'welcome' }))
})

function tell(room: string, json: string): void {
  for (const client of rooms.get(room) ?? []) client.send(json)
}

function calculate(socket: WebSocket, content: string): void {
  const { expression, id } = JSON.parse(content)
  const [one, other] = String(expression).split('*')
  socket.send(JSON.stringify({ expression, id, result: Number(one) * Number(other) }))
}
