/** A live poll in a room: each person has one vote, which they may change until the poll closes. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireUser } from '../../src/accounts/index.ts'
import {
  CloseCode,
  compileFrames,
  FrameError,
  FrameId,
  type Receives,
  Text,
} from '../../src/channels/index.ts'
import { openRoom, RoomConsumer } from '../../src/rooms/index.ts'
import { openStreams } from '../../src/streams/index.ts'
import * as tables from './migration.ts'
import { findPoll, polls, type Tally } from './polls.ts'

const Option = Type.Integer({ minimum: 0, maximum: 9, description: 'the number of an option, from 0' })
const frames = compileFrames({ vote: Type.Object({ option: Option, id: Type.Optional(FrameId) }) }, 'vote')
type Vote = ReturnType<typeof frames>
const params = Type.Object({ room: Type.String(), poll: Type.Optional(Type.String()) })
const hours = Type.String({ pattern: '^[1-9]\\d?$' })
const Question = Type.Object({ question: Text(200), options: Text(1_000), hours })
const VoteForm = Type.Object({ option: Type.String({ pattern: '^\\d$' }) })

export async function poll(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database } = app
  await app.migrate('poll', { '001-polls': tables })
  const { feeds, writer } = openStreams(app, polls)

  class PollConsumer extends RoomConsumer<Tally> implements Receives<Vote> {
    static override readonly frames = frames
    #poll = 0

    protected override async enter(room: { id: number }): Promise<void> {
      const found = await findPoll(database, room.id, this.scope.params.poll, this.identity.user.id)
      if (!found) return this.close(CloseCode.notFound, 'no such poll')
      this.#poll = found.id
      await this.follow(feeds, found.id, { poll: found.id })
    }

    async receiveVote({ option, id }: Vote): Promise<void> {
      const { rev } = await this.stored(writer.run(this.#poll, { by: this.identity.user.id, option }))
      this.done(id, rev)
    }
  }
  app.consumer('/ws/polls/:room/:poll', PollConsumer)

  app.addHook('onRequest', requireUser)
  const path = '/rooms/:room/polls'
  const reading = { schema: { params }, onRequest: app.pace.reading }
  const asking = { schema: { params, body: Question }, onRequest: app.pace.sending }
  const voting = { schema: { params, body: VoteForm }, onRequest: app.pace.sending }

  app.get(path, reading, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const ofRoom = database.selectFrom('polls').select(['id', 'question']).where('room_id', '=', room.id)
    const list = await ofRoom.orderBy('id', 'desc').limit(50).execute()
    return reply.page('examples/poll/polls', { title: `Polls in ${room.name}`, room, list })
  })

  app.post(path, asking, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { question, options: typed, hours } = request.body
    const options = [...new Set(typed.split(/\s*\n\s*/).filter(Boolean))]
    if (options.length < 2 || options.length > 10)
      throw new FrameError('invalid', 'A poll has 2 to 10 options, one on each line.')
    const insert = database.insertInto('polls').values({
      room_id: room.id,
      created_by: identityOf(request).user.id,
      question,
      options: JSON.stringify(options),
      counts: JSON.stringify(options.map(() => 0)),
      closes_at: new Date(Date.now() + Number(hours) * 3_600_000).toISOString(),
    })
    const { id } = await insert.returning('id').executeTakeFirstOrThrow()
    return reply.redirect(`/rooms/${room.slug}/polls/${id}`, 303)
  })

  app.get(`${path}/:poll`, reading, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const found = await findPoll(database, room.id, request.params.poll, identityOf(request).user.id)
    if (!found) return reply.callNotFound()
    return reply.page('examples/poll/poll', { title: found.question, room, poll: found })
  })

  app.post(`${path}/:poll`, voting, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { id: by } = identityOf(request).user
    const found = await findPoll(database, room.id, request.params.poll, by)
    if (!found) return reply.callNotFound()
    await writer.run(found.id, { by, option: Number(request.body.option) })
    return reply.redirect(request.url, 303)
  })
}
