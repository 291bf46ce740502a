import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { addressOf, networkOf } from '../channels/index.ts'
import { noteSaved, refuse } from '../web/index.ts'
import { identityOf, requireUser } from './access.ts'
import { accountPage } from './account-page.ts'
import type { SignInAttempts } from './attempts.ts'
import { refusalOf } from './credentials.ts'
import { displayNameFault } from './display-names.ts'
import { setDisplayName } from './people.ts'
import { NameForm, PasswordForm, ReadingForm, SessionParams, ZoneForm } from './protocol.ts'
import { setShowsReading } from './reading-privacy.ts'
import { NO_SUCH_ZONE } from './time-zones.ts'
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
  const naming = app.rateLimits.perMinute('changed names', NAMES_PER_MINUTE)

  app.get('/account', { onRequest: app.rateLimits.reading }, (_request, reply) => accountPage(reply))

  app.post(
    '/account/password',
    { schema: { body: PasswordForm }, attachValidation: true, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      const { session, user } = identityOf(request)
      if (request.validationError) {
        return accountPage(reply.code(400), {
          error: 'A new password must have 8 to 256 characters.',
        })
      }
      const { current, password } = request.body
      const network = networkOf(addressOf(request))
      try {
        const known = await attempts.try(user.name, addressOf(request), () =>
          authenticate(app.database, user.name, current, network),
        )
        if (!known || !(await changePassword(app.database, known, password, network))) {
          return accountPage(reply.code(401), { error: 'That is not your current password.' })
        }
      } catch (error) {
        const refusal = refusalOf(error)
        return accountPage(refuse(reply, refusal), { error: refusal.sentences })
      }
      await app.sessions.endAll(user.id, session.id)
      return accountPage(reply, {
        notice:
          'Your password has been changed, and you have been signed out everywhere else. Your API keys still work.',
      })
    },
  )

  app.post(
    '/account/name',
    { schema: { body: NameForm }, attachValidation: true, onRequest: [...app.rateLimits.sending, ...naming] },
    async (request, reply) => {
      const { user } = identityOf(request)
      const name = request.validationError ? '' : request.body.name
      const fault = displayNameFault(name, user.administrator)
      if (fault !== undefined) return accountPage(reply.code(400), { nameError: fault, name })
      const change = await setDisplayName(app.database, user.id, name)
      if (change?.changed) app.changedPeople.announce(change.person)
      return noteSaved(reply, 'name').redirect('/account', 303)
    },
  )

  app.post(
    '/account/time-zone',
    { schema: { body: ZoneForm }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      const { zone } = request.body
      if (!(await app.timeZones.set(identityOf(request).user.id, zone)))
        return accountPage(reply.code(400), { zone, zoneError: NO_SUCH_ZONE })
      return noteSaved(reply, 'zone').redirect('/account#time-zone', 303)
    },
  )

  app.post(
    '/account/reading',
    { schema: { body: ReadingForm }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      await setShowsReading(app.database, identityOf(request).user.id, request.body.shows === 'on')
      return noteSaved(reply, 'reading').redirect('/account#reading', 303)
    },
  )

  app.post(
    '/account/sessions/:id/end',
    { schema: { params: SessionParams }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      await app.sessions.end(identityOf(request).user.id, request.params.id)
      return reply.redirect('/account', 303)
    },
  )
}
