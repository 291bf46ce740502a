import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  type AdministeredPerson,
  createPasswordLink,
  deactivate,
  identityOf,
  LastAdministrator,
  type PersonChange,
  reactivate,
  setAdministrator,
} from '../accounts/index.ts'
import { type Actor, actorOf, recordAudit } from '../audit/index.ts'
import { addressOf } from './pages.ts'
import { personNamed, personPage } from './person-page.ts'
import { EmptyForm, PersonParams, RoleForm } from './protocol.ts'

/** An administrator did something that would lock them out. */
class LocksOut extends Error {}

/** `/admin/people/NAME` and what is done there. */
export async function personRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { changedPeople, database, rateLimits, sessions } = app
  const path = '/admin/people/:name'
  const bare = { schema: { params: PersonParams, body: EmptyForm }, onRequest: rateLimits.sending }

  app.get(path, { schema: { params: PersonParams }, onRequest: rateLimits.reading }, (request, reply) =>
    personPage(reply, request.params.name),
  )

  app.post(`${path}/deactivate`, bare, (request, reply) =>
    change(request, reply, (person, by) => {
      assertOther(request, person, 'You cannot deactivate your own account. Ask another administrator.')
      return deactivate(database, person.id, by)
    }),
  )

  app.post(`${path}/reactivate`, bare, (request, reply) =>
    change(request, reply, ({ id }, by) => reactivate(database, id, by)),
  )

  app.post(
    `${path}/role`,
    { schema: { params: PersonParams, body: RoleForm }, onRequest: rateLimits.sending },
    (request, reply) =>
      change(request, reply, (person, by) => {
        const makes = request.body.administrator === 'on'
        if (!makes)
          assertOther(
            request,
            person,
            'You cannot remove your own administrator role. Ask another administrator.',
          )
        return setAdministrator(database, person.id, makes, by)
      }),
  )

  app.post(`${path}/sessions/end`, bare, async (request, reply) => {
    const person = await personNamed(reply, request.params.name)
    const { session, user } = identityOf(request)
    // One's own stays, or the answer would be to sign in.
    const entry = { action: 'sessions.end', by: actorOf(request), person: person.id } as const
    await sessions.endAll(person.id, person.id === user.id ? session.id : undefined, (transaction) =>
      recordAudit(transaction, entry),
    )
    return reply.redirect(`/admin/people/${person.name}`, 303)
  })

  app.post(`${path}/keys/revoke`, bare, async (request, reply) => {
    const person = await personNamed(reply, request.params.name)
    const entry = { action: 'keys.revoke', by: actorOf(request), person: person.id } as const
    await sessions.endKeys(person.id, (transaction) => recordAudit(transaction, entry))
    return reply.redirect(`/admin/people/${person.name}`, 303)
  })

  app.post(`${path}/password-link`, bare, async (request, reply) => {
    const person = await personNamed(reply, request.params.name)
    if (person.deactivated) {
      const error = 'This account is deactivated, so a link would not work. Reactivate the account first.'
      return personPage(reply.code(400), person.name, { error })
    }
    const link = await createPasswordLink(database, person.id, actorOf(request))
    // Not a redirect: the link is shown in this answer, and kept nowhere.
    return personPage(reply, person.name, { link: addressOf(request, link) })
  })

  /** Changes an account, and has all processes hear of it: sockets of one that is deactivated close. */
  async function change(
    request: FastifyRequest<{ Params: { name: string } }>,
    reply: FastifyReply,
    run: (person: AdministeredPerson, by: Actor) => Promise<PersonChange | undefined>,
  ): Promise<FastifyReply> {
    const person = await personNamed(reply, request.params.name)
    try {
      const change = await run(person, actorOf(request))
      if (change?.changed) changedPeople.announce(change.person)
      return reply.redirect(`/admin/people/${person.name}`, 303)
    } catch (error) {
      if (error instanceof LocksOut) return personPage(reply.code(400), person.name, { error: error.message })
      if (!(error instanceof LastAdministrator)) throw error
      const fault = 'This is the only administrator. Make somebody else an administrator first.'
      return personPage(reply.code(400), person.name, { error: fault })
    }
  }
}

/** @throws LocksOut where the person is the one who asks */
function assertOther(request: FastifyRequest, { id }: AdministeredPerson, message: string): void {
  if (id === identityOf(request).user.id) throw new LocksOut(message)
}
