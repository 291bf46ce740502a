/** A wall of questions in a room: each person has one vote for each, and those with most stand first. */
import { randomUUID } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser, rowSize } from '../../src/accounts/index.ts'
import type { Identity, Receives } from '../../src/channels/index.ts'
import { openRoom, RoomConsumer, RoomParams } from '../../src/rooms/index.ts'
import { openStreams } from '../../src/streams/index.ts'
import * as tables from './migration.ts'
import { Form, type Frame, frames, sentFrames } from './protocol.ts'
import { type Question, questionsOf, questionWalls } from './questions.ts'

export async function questions(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, usage } = app
  await app.migrate('questions', { '001-questions': tables })
  const { feeds, writer } = openStreams(app, questionWalls)

  /** Questions and votes count towards the space of the person they belong to. */
  async function run(wall: number, by: Identity['user'], frame: Frame) {
    const insert = database.insertInto('question_walls').values({ id: wall })
    await insert.onConflict((conflict) => conflict.column('id').doNothing()).execute()
    const size = rowSize(frame.type === 'ask' ? frame.text : null)
    return usage.keep(by.id, size, (fits) => writer.run(wall, { ...frame, by, fits }))
  }

  class Questions extends RoomConsumer<Question> implements Receives<Frame> {
    static override readonly frames = frames
    static override readonly sends = { ...RoomConsumer.sends, ...sentFrames }
    protected override enter = ({ id }: { id: number }) => this.follow(feeds, id, {})

    receiveAsk = async (frame: Frame) => {
      const { rev } = await this.stored(run(this.room.id, this.identity.user, frame))
      this.done(frame.id, rev)
    }
    receiveVote = this.receiveAsk
  }
  app.consumer('/ws/questions/:room', Questions)

  app.addHook('onRequest', requireUser)
  const path = '/rooms/:room/questions'
  const reading = { schema: { params: RoomParams }, onRequest: app.rateLimits.reading }
  const sending = { schema: { params: RoomParams, body: Form }, onRequest: app.rateLimits.sending }

  app.get(path, reading, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const list = await questionsOf(database, room.id).orderBy('votes', 'desc').orderBy('seq').execute()
    const votes = database.selectFrom('question_votes').select('seq').where('wall_id', '=', room.id)
    const own = await votes.where('user_id', '=', identityOf(request).user.id).execute()
    const [mine, rev] = [new Set(own.map(({ seq }) => seq)), Math.max(0, ...list.map(({ rev }) => rev))]
    const content = { title: `Questions in ${room.name}`, room, list, mine, rev, id: randomUUID() }
    return reply.page('examples/questions/questions', content)
  })

  app.post(path, sending, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { text, id, seq, on } = request.body
    const vote = { type: 'vote', seq: Number(seq), on: on === 'true' }
    await run(room.id, identityOf(request).user, frames(seq === undefined ? { text, id } : vote))
    return reply.redirect(request.url, 303)
  })
}
