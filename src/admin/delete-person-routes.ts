import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type AdministeredPerson, identityOf, LastAdministrator, MESSAGE_CHOICES } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { adminPage } from './pages.ts'
import { personNamed } from './person-page.ts'
import { DeletionForm, PersonParams } from './protocol.ts'

/** `/admin/people/NAME/delete`: an administrator deletes the account of somebody, as its person could. */
export async function deletePersonRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { accountDeletion, rateLimits } = app
  const path = '/admin/people/:name/delete'

  app.get(path, { schema: { params: PersonParams }, onRequest: rateLimits.reading }, async (request, reply) =>
    deletionPage(reply, await personNamed(reply, request.params.name)),
  )

  app.post(
    path,
    { schema: { params: PersonParams, body: DeletionForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const person = await personNamed(reply, request.params.name)
      const refused = (error: string) => deletionPage(reply.code(400), person, error)
      const messages = MESSAGE_CHOICES.find((choice) => choice === request.body.messages)
      if (person.id === identityOf(request).user.id)
        return refused('To delete your own account, go to “Your account”.')
      if (!messages) return refused('Choose what should happen to their messages.')
      try {
        await accountDeletion.delete(person.id, { messages, by: actorOf(request) })
      } catch (error) {
        if (!(error instanceof LastAdministrator)) throw error
        return refused('This is the only administrator. Make somebody else an administrator first.')
      }
      return reply.redirect('/admin/people', 303)
    },
  )

  function deletionPage(reply: FastifyReply, person: AdministeredPerson, error?: string): FastifyReply {
    return adminPage(reply, '/admin/people', 'delete-person', {
      title: `Delete ${person.displayName ?? person.name}`,
      person,
      error: error ?? null,
    })
  }
}
