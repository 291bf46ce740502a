import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { HttpError } from '../../web/index.ts'
import { identityOf, requireUser } from '../access.ts'
import { canonicalName } from '../names.ts'
import { findPerson } from '../people.ts'
import { BlockedList, BlockForm, BlockParams } from './protocol.ts'

/** The routes for blocking people: by forms, and for programs in a person's session, but not with a key. */
export async function blockRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { blocks, database, rateLimits } = app
  app.addHook('onRequest', requireUser)

  const list = { summary: 'List the people you have blocked', answers: { 200: BlockedList } }
  app.get('/api/blocks', { config: { docs: list }, onRequest: rateLimits.reading }, async (request) => {
    const { id } = identityOf(request).user
    const [people, { hooks }] = await Promise.all([blocks.list(id), blocks.namesByKind(id)])
    return {
      people: people.map(({ blockedAt: at, displayName, name }) => ({
        name,
        ...(displayName !== null && { display_name: displayName }),
        at,
      })),
      hooks,
    }
  })

  const one = (summary: string) => ({
    schema: { params: BlockParams },
    config: { docs: { summary, answers: { 204: null } } },
    onRequest: rateLimits.sending,
  })
  app.put('/api/blocks/:name', one('Block somebody'), async (request, reply) => {
    await block(identityOf(request).user, request.params.name)
    return reply.code(204).send()
  })
  app.delete('/api/blocks/:name', one('Unblock somebody'), async (request, reply) => {
    await blocks.unblock(identityOf(request).user.id, canonicalName(request.params.name))
    return reply.code(204).send()
  })

  app.post(
    '/people/:name/block',
    { schema: { params: BlockParams, body: BlockForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { back, on } = request.body
      const { user } = identityOf(request)
      const name = canonicalName(request.params.name)
      if (on) await block(user, name)
      else await blocks.unblock(user.id, name)
      return reply.redirect(back ? '/account#blocked' : `/people/${encodeURIComponent(name)}`, 303)
    },
  )

  /** @throws HttpError 404 if nobody has this name, 400 if it is one's own */
  async function block(user: { readonly id: number }, name: string): Promise<void> {
    const person = await findPerson(database, name)
    if (!person || person.deactivated)
      throw new HttpError(
        404,
        'There is nobody here with this name',
        'Check that the name is correct.',
        undefined,
        'not_found',
      )
    if (person.id === user.id)
      throw new HttpError(400, 'You cannot block yourself', 'You can block other people.')
    await blocks.block(user.id, person.id)
  }
}
