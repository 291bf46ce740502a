/** Connect Four: a game of two in a room, which everyone there can watch. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../../src/accounts/index.ts'
import type { Receives } from '../../src/channels/index.ts'
import { openRoom, RoomConsumer, RoomParams } from '../../src/rooms/index.ts'
import { openStreams } from '../../src/streams/index.ts'
import { type Board, connectFourGames, readBoard } from './game.ts'
import * as tables from './migration.ts'
import { Form, type Frame, frames, sentFrames } from './protocol.ts'
import * as rules from './rules.ts'

export async function connectFour(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits } = app
  await app.migrate('connect-four', { '001-connect-four': tables })
  const { feeds, writer } = openStreams(app, connectFourGames)

  class ConnectFour extends RoomConsumer<Board> implements Receives<Frame> {
    static override readonly frames = frames
    static override readonly sends = { ...RoomConsumer.sends, ...sentFrames }

    protected override async enter({ id }: { id: number }): Promise<void> {
      await open(id)
      await this.follow(feeds, id, {})
    }

    receiveDrop = async ({ id, ...play }: Frame) => {
      const { rev } = await this.stored(writer.run(this.room.id, { ...play, by: this.identity.user }))
      this.done(id, rev)
    }
    receiveBegin = this.receiveDrop
  }
  app.consumer('/ws/connect-four/:room', ConnectFour)

  const open = (id: number) => {
    const insert = database.insertInto('connect_four').values({ id })
    return insert.onConflict((conflict) => conflict.column('id').doNothing()).execute()
  }
  app.addHook('onRequest', requireUser)
  const path = '/rooms/:room/connect-four'
  const playing = { schema: { params: RoomParams, body: Form }, onRequest: rateLimits.sending }

  app.get(path, { schema: { params: RoomParams }, onRequest: rateLimits.reading }, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const content = { room, rules, board: await readBoard(database, room.id) }
    const title = `Connect Four in ${room.name}`
    return reply.page('examples/connect-four/connect-four', { title, ...content })
  })

  app.post(path, playing, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { game, move, column } = request.body
    const disc = column === undefined ? {} : { move: Number(move), column: Number(column) }
    await open(room.id)
    await writer.run(room.id, { by: identityOf(request).user, game: Number(game), ...disc })
    return reply.redirect(request.url, 303)
  })
}
