import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../channels/index.ts'
import { refuse } from '../web/index.ts'
import { identityOf, requireUser } from './access.ts'
import type { SignInAttempts } from './attempts.ts'
import { refusalOf } from './credentials.ts'
import { PasswordForm, SessionParams } from './protocol.ts'
import { authenticate, changePassword } from './users.ts'

/** `/account`: a person's password and sessions. */
export async function accountRoutes(
  instance: FastifyInstance,
  { attempts }: { readonly attempts: SignInAttempts },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get('/account', { onRequest: app.pace.reading }, (request, reply) =>
    accountPage(request, reply, null, null),
  )

  app.post(
    '/account/password',
    { schema: { body: PasswordForm }, attachValidation: true, onRequest: app.pace.sending },
    async (request, reply) => {
      const { session, user } = identityOf(request)
      if (request.validationError) {
        return accountPage(request, reply.code(400), 'A new password has 8 to 256 characters.', null)
      }
      const { current, password } = request.body
      const network = networkOf(request.ip)
      try {
        const known = await attempts.try(user.name, request.ip, () =>
          authenticate(app.database, user.name, current, network),
        )
        if (!known || !(await changePassword(app.database, known, password, network))) {
          return accountPage(request, reply.code(401), 'That is not your current password.', null)
        }
      } catch (error) {
        const refusal = refusalOf(error)
        return accountPage(request, refuse(reply, refusal), refusal.sentences, null)
      }
      await app.sessions.endAll(user.id, session.id)
      return accountPage(
        request,
        reply,
        null,
        'Your password is changed, and your other sessions have ended.',
      )
    },
  )

  app.post(
    '/account/sessions/:id/end',
    { schema: { params: SessionParams }, onRequest: app.pace.sending },
    async (request, reply) => {
      await app.sessions.end(identityOf(request).user.id, request.params.id)
      return reply.redirect('/account', 303)
    },
  )

  async function accountPage(
    request: FastifyRequest,
    reply: FastifyReply,
    error: string | null,
    notice: string | null,
  ): Promise<FastifyReply> {
    const { session, user } = identityOf(request)
    const all = await app.sessions.list(user.id)
    const sessions = all.map((summary) => ({ ...summary, current: summary.id === session.id }))
    return reply.page('accounts/account', { title: 'Your account', sessions, error, notice })
  }
}
