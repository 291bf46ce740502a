/**
 * Socket.IO with its rooms, as its documentation shows them. `permessage-deflate` is off, as it is by default; clients come
 * over WebSocket at once.
 *   PORT       where to listen
 *   REDIS_URL  shares the rooms with other processes, through `@socket.io/redis-adapter`
 *   ADAPTER    `sharded`: its sharded adapter
 */
import { Redis } from 'ioredis'
import { Server } from 'socket.io'

const { ADAPTER, PORT, REDIS_URL } = process.env
const server = new Server({ serveClient: false, transports: ['websocket'] })
if (REDIS_URL) {
  const name = '@socket.io/redis-adapter'
  const { createAdapter, createShardedAdapter } = await import(name)
  const [publisher, subscriber] = [new Redis(REDIS_URL), new Redis(REDIS_URL)]
  server.adapter((ADAPTER === 'sharded' ? createShardedAdapter : createAdapter)(publisher, subscriber))
}

server.on('connection', async (socket) => {
  const { place, as: sender } = socket.handshake.query
  if (place === 'calculator') {
    socket.on('say', ({ expression, id }) => {
      const [one, other] = String(expression).split('*')
      socket.emit('result', { expression, id, result: Number(one) * Number(other) })
    })
  } else {
    const room = String(place)
    await socket.join(room)
    socket.on('say', ({ message }) => server.to(room).emit('message', { sender, message, at: new Date() }))
  }
  socket.emit('welcome')
})
server.listen(Number(PORT))
