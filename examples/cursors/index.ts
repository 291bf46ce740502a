/** People in a room see each other's pointers. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { requireUser } from '../../src/accounts/index.ts'
import { compileFrames, FrameId, type LiveChanged, type Receives } from '../../src/channels/index.ts'
import { LiveRoomConsumer, liveFrame, openRoom } from '../../src/rooms/index.ts'

const upTo = (maximum: number) => Type.Integer({ minimum: 0, maximum, description: `0 to ${maximum}` })
const move = Type.Object({ x: upTo(1000), y: upTo(600), id: Type.Optional(FrameId) })
const frames = compileFrames({ move }, 'move')

export async function cursors(app: FastifyInstance): Promise<void> {
  const state = app.liveState({ name: 'cursors', gather: 100, lasts: 10_000, keys: 100, valueLength: 8 })

  class Cursors extends LiveRoomConsumer implements Receives<ReturnType<typeof frames>> {
    static override readonly frames = frames
    static override readonly sends = { ...LiveRoomConsumer.sends, 'cursors.changed': liveFrame('cursors') }
    protected override readonly state = state
    receiveMove = ({ x, y }: { x: number; y: number }) => this.hold(`${x} ${y}`)
    'cursors.changed' = (event: LiveChanged<'cursors'>) => this.sendLossy(event)
  }
  app.consumer('/ws/cursors/:room', Cursors)

  const options = { onRequest: [requireUser, ...app.rateLimits.reading] }
  app.get<{ Params: { room: string } }>('/rooms/:room/cursors', options, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    return reply.page('examples/cursors/cursors', { title: `Pointers in ${room.name}`, room })
  })
}
