import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../channels/index.ts'
import { refuse } from '../web/index.ts'
import { identityOf, requireUser } from './access.ts'
import type { SignInAttempts } from './attempts.ts'
import { refusalOf } from './credentials.ts'
import { displayNameFault } from './display-names.ts'
import { setDisplayName } from './people.ts'
import { NameForm, PasswordForm, SessionParams } from './protocol.ts'
import { authenticate, changePassword } from './users.ts'

/** Names that one person may give themselves in a minute: each is looked at by all who remember names. */
const NAMES_PER_MINUTE = 10

/** `/account`: a person's name, password and sessions. */
export async function accountRoutes(
  instance: FastifyInstance,
  { attempts }: { readonly attempts: SignInAttempts },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)
  const naming = app.pace.perMinute('changed names', NAMES_PER_MINUTE)

  app.get('/account', { onRequest: app.pace.reading }, (request, reply) => accountPage(request, reply))

  app.post(
    '/account/password',
    { schema: { body: PasswordForm }, attachValidation: true, onRequest: app.pace.sending },
    async (request, reply) => {
      const { session, user } = identityOf(request)
      if (request.validationError) {
        return accountPage(request, reply.code(400), {
          error: 'A new password has 8 to 256 characters.',
        })
      }
      const { current, password } = request.body
      const network = networkOf(request.ip)
      try {
        const known = await attempts.try(user.name, request.ip, () =>
          authenticate(app.database, user.name, current, network),
        )
        if (!known || !(await changePassword(app.database, known, password, network))) {
          return accountPage(request, reply.code(401), { error: 'That is not your current password.' })
        }
      } catch (error) {
        const refusal = refusalOf(error)
        return accountPage(request, refuse(reply, refusal), { error: refusal.sentences })
      }
      await app.sessions.endAll(user.id, session.id)
      return accountPage(request, reply, {
        notice: 'Your password is changed, and your other sessions have ended.',
      })
    },
  )

  app.post(
    '/account/name',
    { schema: { body: NameForm }, attachValidation: true, onRequest: [...app.pace.sending, ...naming] },
    async (request, reply) => {
      const { user } = identityOf(request)
      const name = request.validationError ? '' : request.body.name
      const fault = displayNameFault(name, user.administrator)
      if (fault !== undefined) return accountPage(request, reply.code(400), { nameError: fault, name })
      const change = await setDisplayName(app.database, user.id, name)
      if (change?.changed) app.changedPeople.announce(change.person)
      return reply.redirect('/account', 303)
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
    said: Partial<AccountNotes> = {},
  ): Promise<FastifyReply> {
    const { session, user } = identityOf(request)
    const all = await app.sessions.list(user.id)
    const sessions = all.map((summary) => ({ ...summary, current: summary.id === session.id }))
    const notes: AccountNotes = {
      error: null,
      notice: null,
      nameError: null,
      name: user.displayName ?? user.name,
      ...said,
    }
    return reply.page('accounts/account', { title: 'Your account', sessions, ...notes })
  }
}

/** What the page says about a form that was sent. */
interface AccountNotes {
  readonly error: string | null
  readonly notice: string | null
  readonly nameError: string | null
  /** What stands in the field for the name. */
  readonly name: string
}
