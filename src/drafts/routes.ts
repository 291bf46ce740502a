import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireUser } from '../accounts/index.ts'
import { RoomParams, roomOf } from '../rooms/index.ts'
import type { Drafts } from './drafts.ts'
import { Draft, DraftBody, StoredDraft } from './protocol.ts'

/** Routes for a person's own draft in a room. It is for their own devices alone: no API key gives access. */
export async function draftRoutes(instance: FastifyInstance, { drafts }: { drafts: Drafts }): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { rateLimits } = app
  const path = '/api/rooms/:room/draft'
  app.addHook('onRequest', requireUser)

  app.get(
    path,
    {
      schema: { params: RoomParams },
      config: { docs: { summary: 'Read your draft in a room', answers: { 200: Draft } } },
      onRequest: rateLimits.reading,
    },
    async (request) => {
      const room = await roomOf(request, request.params.room)
      return drafts.of(identityOf(request).user.id, room.id)
    },
  )

  app.put(
    path,
    {
      schema: {
        params: RoomParams,
        body: Type.Object({ ...DraftBody.properties, _csrf: Type.Optional(Type.String()) }),
      },
      config: {
        docs: {
          summary: 'Save your draft in a room',
          body: DraftBody,
          answers: { 200: StoredDraft },
        },
      },
      onRequest: rateLimits.sending,
    },
    async (request) => {
      const room = await roomOf(request, request.params.room)
      return drafts.put(identityOf(request).user.id, room, request.body)
    },
  )
}
