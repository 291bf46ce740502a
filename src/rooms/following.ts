import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { HttpFollowing, RequiredScope } from '../channels/index.ts'
import type { Change } from '../streams/index.ts'
import { RoomParams } from './protocol.ts'
import type { FoundRoom } from './rooms.ts'

/** Seconds that an answer may wait for a change. */
export const LONGEST_WAIT = 60

/** `since`, `seq` and `id` are as on a socket, and lead to a `reset` where they are not good. */
const EventsQuery = Type.Object({
  since: Type.Optional(Type.String()),
  seq: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  wait: Type.Optional(
    Type.String({ pattern: '^([0-5]?\\d|60)$', description: `seconds from 0 to ${LONGEST_WAIT}` }),
  ),
})

/** The answer with `wait`, for documents. */
function polledAnswer(frames: TSchema[]) {
  return Type.Object({
    rev: Type.Integer({ description: 'the since of the next request' }),
    frames: Type.Array(Type.Union(frames)),
  })
}

/** The data of an event of a stream, for documents. */
function streamedEvent(frames: TSchema[]) {
  return Type.Union([
    Type.Object({
      type: Type.Literal('welcome'),
      room: Type.String({ description: 'the slug' }),
      user: Type.String({ description: 'the username of the person who follows' }),
      rev: Type.Integer({ description: 'the latest change' }),
    }),
    ...frames,
    Type.Object({
      type: Type.Literal('close'),
      code: Type.Integer({ description: 'as a socket would be closed' }),
      reason: Type.String(),
    }),
  ])
}

/**
 * The options of a route that follows a part of a room (`followByHttp`). A `HEAD` would wait for it as well, and is not served.
 * @param frames that come as events, for documents
 */
export function eventRouteOptions(
  { rateLimits }: FastifyInstance,
  { scope, summary, frames }: { scope: RequiredScope; summary: string; frames: TSchema[] },
) {
  const docs = { summary, answers: { 200: polledAnswer(frames) }, events: streamedEvent(frames) }
  return {
    schema: { params: RoomParams, querystring: EventsQuery },
    config: { scope, waits: true, docs },
    exposeHeadRoute: false,
    onRequest: rateLimits.reading,
  }
}

/** A part of a room that is followed by HTTP. */
export type FollowedPart<Changed extends Change> = Pick<
  HttpFollowing<Changed>,
  'feeds' | 'stream' | 'label'
> & {
  /** Called when somebody begins to follow. @returns what is called when they end */
  readonly look?: () => () => void
}

/**
 * Answers a request with the changes in a part of a room, by Server-Sent Events or, with `wait`, by long polling, for as long as
 * its person may see the room.
 * @param room as its person just found it
 */
export function followByHttp<Changed extends Change>(
  request: FastifyRequest<{ Querystring: { wait?: string } }>,
  reply: FastifyReply,
  room: FoundRoom,
  { look, ...part }: FollowedPart<Changed>,
): Promise<FastifyReply> {
  const { httpFeeds, rooms } = request.server
  const { wait } = request.query
  return httpFeeds.follow(request, reply, {
    ...part,
    about: { room: room.slug },
    wait: wait === undefined ? undefined : Number(wait),
    async attend(person, end) {
      const visit = await rooms.attendance.arrive(room, {
        person,
        end: ({ code, reason }) => end(code, reason),
      })
      const lookAway = look?.()
      return () => {
        rooms.attendance.leave(visit)
        lookAway?.()
      }
    },
  })
}
