/** A live poll in a room: each person has one vote, which they can change until the poll closes. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser, rowSize } from '../../src/accounts/index.ts'
import { CloseCode, FrameError, type Receives } from '../../src/channels/index.ts'
import { openRoom, RoomConsumer } from '../../src/rooms/index.ts'
import { openStreams } from '../../src/streams/index.ts'
import * as tables from './migration.ts'
import { findPoll, polls, type Tally } from './polls.ts'
import { frames, Params, QuestionForm, sentFrames, VoteForm, type VoteFrame } from './protocol.ts'

const POLLS_OF_ROOM = 50

export async function poll(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, usage } = app
  await app.migrate('poll', { '001-polls': tables })
  const { feeds, writer } = openStreams(app, polls)

  class PollConsumer extends RoomConsumer<Tally> implements Receives<VoteFrame> {
    static override readonly frames = frames
    static override readonly sends = { ...RoomConsumer.sends, ...sentFrames }
    #poll = 0

    protected override async enter(room: { id: number }): Promise<void> {
      const found = await findPoll(database, room.id, this.scope.params.poll, this.identity.user.id)
      if (!found) return this.close(CloseCode.notFound, 'no such poll')
      this.#poll = found.id
      await this.follow(feeds, found.id, {})
    }

    async receiveVote({ option, id }: VoteFrame): Promise<void> {
      const { rev } = await this.stored(vote(this.#poll, this.identity.user.id, option))
      this.done(id, rev)
    }
  }
  app.consumer('/ws/polls/:room/:poll', PollConsumer)

  /** A first vote counts as something that its person keeps. */
  const vote = (poll: number, by: number, option: number) =>
    usage.keep(by, rowSize(), (fits) => writer.run(poll, { by, option, fits }))
  const ofRoom = (room: number) =>
    database.selectFrom('polls').select(['id', 'question']).where('room_id', '=', room).limit(POLLS_OF_ROOM)

  app.addHook('onRequest', requireUser)
  const path = '/rooms/:room/polls'
  const reading = { schema: { params: Params }, onRequest: app.rateLimits.reading }
  const asking = { schema: { params: Params, body: QuestionForm }, onRequest: app.rateLimits.sending }
  const voting = { schema: { params: Params, body: VoteForm }, onRequest: app.rateLimits.sending }

  app.get(path, reading, async (request, reply) => {
    const room = await openRoom(request, request.params.room)
    const list = await ofRoom(room.id).orderBy('id', 'desc').execute()
    return reply.page('examples/poll/polls', { title: `Polls in ${room.name}`, room, list })
  })

  app.post(path, asking, async (request, reply) => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { id: created_by } = identityOf(request).user
    const { question, options: typed, hours } = request.body
    const options = [...new Set(typed.split(/\s*\n\s*/).filter(Boolean))]
    if (options.length < 2 || options.length > 10)
      throw new FrameError('invalid', 'A poll must have 2 to 10 options, one on each line.')
    if ((await ofRoom(room.id).execute()).length === POLLS_OF_ROOM)
      throw new FrameError('limit', `A room can have at most ${POLLS_OF_ROOM} polls.`)
    if (!(await usage.spend(created_by, rowSize(question, typed))))
      throw new FrameError('limit', usage.refusal)
    const texts = { question, options: JSON.stringify(options), counts: JSON.stringify(options.map(() => 0)) }
    const closes_at = new Date(Date.now() + Number(hours) * 3_600_000).toISOString()
    const insert = database.insertInto('polls').values({ room_id: room.id, created_by, closes_at, ...texts })
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
    await vote(found.id, by, Number(request.body.option))
    return reply.redirect(request.url, 303)
  })
}
