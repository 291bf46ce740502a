import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '../../storage/index.ts'
import { HttpError, noteSaved } from '../../web/index.ts'
import { statusView } from '../../web/presentation.ts'
import { identityOf, requireUser } from '../access.ts'
import { accountPage } from '../account-page.ts'
import { findPerson } from '../people.ts'
import { endOf, profileOf, pronounsFault, setPronouns, setStatus, statusFault } from './profiles.ts'
import { statusWords } from './shown-status.ts'
import { statusEndings } from './status-endings.ts'

/** Statuses that one person may give themselves in a minute: all are told who see them, and many lists are read again. */
const STATUSES_PER_MINUTE = 10

/** Takes any text: faults are named beside the form. */
const PronounsForm = Type.Object({ pronouns: Type.String() })
const StatusForm = Type.Object({
  emoji: Type.String(),
  text: Type.String(),
  ends: Type.Optional(Type.String()),
  clear: Type.Optional(Type.Literal('on')),
})

/** The forms of one's profile, and each person's page. */
export async function profileRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { blocks, changedPeople, database, rateLimits, timeZones } = app
  const endings = statusEndings(app)
  const changing = rateLimits.perMinute('changed statuses', STATUSES_PER_MINUTE)
  app.addHook('onRequest', requireUser)

  app.get(
    '/people/:name',
    { schema: { params: Type.Object({ name: Type.String() }) }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const person = await findPerson(database, request.params.name)
      if (!person || person.deactivated || !(await isShown(database, person.id)))
        throw new HttpError(
          404,
          'There is nobody here with this name',
          'Everyone with an account here is listed under People.',
        )
      const { user } = identityOf(request)
      const zone = await timeZones.told(person.id)
      return reply.page('accounts/person', {
        title: person.displayName ?? person.name,
        person,
        profile: await profileOf(database, person.id),
        status: statusView(statusWords(person.status)) ?? null,
        clock: zone === undefined ? null : { zone, time: timeIn(zone) },
        own: person.id === user.id,
        isBlocked: (await blocks.namesOf(user.id)).has(person.name),
      })
    },
  )

  app.post(
    '/account/pronouns',
    { schema: { body: PronounsForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { pronouns } = request.body
      const pronounsError = pronounsFault(pronouns)
      if (pronounsError !== undefined) return accountPage(reply.code(400), { pronouns, pronounsError })
      await setPronouns(database, identityOf(request).user.id, pronouns)
      return noteSaved(reply, 'pronouns').redirect('/account#profile', 303)
    },
  )

  app.post(
    '/account/status',
    { schema: { body: StatusForm }, onRequest: [...rateLimits.sending, ...changing] },
    async (request, reply) => {
      const { id } = identityOf(request).user
      const { clear, ends = '', text } = request.body
      const emoji = request.body.emoji.trim()
      const statusError = clear ? undefined : statusFault({ emoji, text }, ends)
      if (statusError !== undefined)
        return accountPage(reply.code(400), { status: { emoji, text, until: null }, statusError })
      const until = endOf(ends, await timeZones.of(id))
      const status = clear ? { emoji: '', text: '', until: null } : { emoji, text, until }
      const change = await setStatus(database, endings, id, status)
      if (change) changedPeople.announce(change.person)
      return noteSaved(reply, 'status').redirect('/account#status', 303)
    },
  )
}

/** Hooks have names, and are nobody. */
async function isShown(database: Database, user: number): Promise<boolean> {
  const row = await database
    .selectFrom('users')
    .select('account_kind')
    .where('id', '=', user)
    .executeTakeFirst()
  return row !== undefined && row.account_kind !== 'hook'
}

function timeIn(zone: string): string {
  return Temporal.Now.zonedDateTimeISO(zone).toPlainTime().toString({ smallestUnit: 'minute' })
}
