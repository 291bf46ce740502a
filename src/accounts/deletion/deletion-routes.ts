import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { actorOf } from '../../audit/index.ts'
import { addressOf, networkOf } from '../../channels/index.ts'
import { refuse } from '../../web/index.ts'
import { identityOf, requireUser } from '../access.ts'
import type { SignInAttempts } from '../attempts.ts'
import { refusalOf } from '../credentials.ts'
import { LastAdministrator } from '../people.ts'
import { authenticate } from '../users.ts'
import { MESSAGE_CHOICES, type MessageChoice } from './delete-account.ts'

/** The form is shown again with what is wrong. */
const DeletionForm = Type.Object({
  password: Type.Optional(Type.String({ maxLength: 256 })),
  messages: Type.Optional(Type.String()),
})

/** `/account/delete`: a person deletes their account. */
export async function deletionRoutes(
  instance: FastifyInstance,
  { attempts }: { readonly attempts: SignInAttempts },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/account/deleted', { onRequest: app.rateLimits.reading }, async (_request, reply) =>
    reply.page('accounts/deleted', { title: 'Account deleted' }),
  )

  app.get(
    '/account/delete',
    { onRequest: [requireUser, ...app.rateLimits.reading] },
    async (_request, reply) => deletionPage(reply, undefined),
  )

  app.post(
    '/account/delete',
    {
      schema: { body: DeletionForm },
      attachValidation: true,
      onRequest: [requireUser, ...app.rateLimits.sending],
    },
    async (request, reply) => {
      const { user } = identityOf(request)
      const { messages: typed, password = '' } = request.validationError ? {} : request.body
      const messages = MESSAGE_CHOICES.find((choice) => choice === typed)
      if (!messages)
        return deletionPage(reply.code(400), undefined, 'Choose what should happen to your messages.')
      try {
        const known = await attempts.try(user.name, addressOf(request), () =>
          authenticate(app.database, user.name, password, networkOf(addressOf(request))),
        )
        if (known?.user.id !== user.id)
          return deletionPage(reply.code(401), messages, 'That is not your password.')
        await app.accountDeletion.delete(user.id, { messages, by: actorOf(request) })
      } catch (error) {
        if (error instanceof LastAdministrator)
          return deletionPage(
            reply.code(400),
            messages,
            'You are the only administrator. Make somebody else an administrator first.',
          )
        const refusal = refusalOf(error)
        return deletionPage(refuse(reply, refusal), messages, refusal.sentences)
      }
      app.clearSessionCookie(reply)
      return reply.redirect('/account/deleted', 303)
    },
  )
}

function deletionPage(
  reply: FastifyReply,
  messages: MessageChoice | undefined,
  error?: string,
): FastifyReply {
  return reply.page('accounts/delete', {
    title: 'Delete your account',
    messages: messages ?? null,
    error: error ?? null,
  })
}
