import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { addressOf, networkOf } from '../channels/index.ts'
import { HttpError, refuse } from '../web/index.ts'
import { beginSession } from './begin-session.ts'
import { refusalOf } from './credentials.ts'
import { personOfLink, usePasswordLink } from './password-links.ts'
import type { Person } from './people.ts'
import { LinkForm, LinkParams } from './protocol.ts'

/** `/password/CODE`: where a person sets a password with a link that an operator of the server gave them. */
export async function passwordRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get(
    '/password/:code',
    { schema: { params: LinkParams }, onRequest: app.rateLimits.reading },
    async (request, reply) => linkPage(reply, await find(request.params.code)),
  )

  app.post(
    '/password/:code',
    {
      schema: { params: LinkParams, body: LinkForm },
      attachValidation: true,
      onRequest: app.rateLimits.reading,
    },
    async (request, reply) => {
      const { code } = request.params
      const person = await find(code)
      if (request.validationError)
        return linkPage(reply.code(400), person, 'A password must have 8 to 256 characters.')
      try {
        const set = await usePasswordLink(
          app.database,
          code,
          request.body.password,
          networkOf(addressOf(request)),
        )
        if (!set) throw outdatedLink()
        await app.sessions.endAll(set.person.id)
        await beginSession(request, set.person, { user: set.person, hash: set.hash, deactivated: false })
        return reply.redirect('/', 303)
      } catch (error) {
        if (error instanceof HttpError && error.statusCode === 404) throw error
        const refusal = refusalOf(error)
        return linkPage(refuse(reply, refusal), person, refusal.sentences)
      }
    },
  )

  async function find(code: string): Promise<Person> {
    const person = await personOfLink(app.database, code)
    if (!person) throw outdatedLink()
    return person
  }

  function linkPage(reply: FastifyReply, { name }: Person, error: string | null = null): FastifyReply {
    return reply.page('accounts/set-password', {
      title: 'Set your password',
      username: name,
      error,
      csrf: reply.csrfToken(),
    })
  }
}

function outdatedLink(): HttpError {
  return new HttpError(
    404,
    'This link is no longer valid',
    'It has been used, is too old or was not copied whole. Ask whoever gave it to you for another.',
  )
}
