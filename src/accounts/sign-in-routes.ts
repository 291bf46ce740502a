import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../channels/index.ts'
import { csrfSecret, HttpError, localPath, refuse } from '../web/index.ts'
import type { SignInAttempts, SignUpAttempts } from './attempts.ts'
import { refusalOf, trimName, WRONG_PASSWORD } from './credentials.ts'
import { placeOf } from './device.ts'
import { canonicalName } from './names.ts'
import { EntranceQuery, SignInForm, SignUpForm } from './protocol.ts'
import {
  type Authenticated,
  authenticate,
  createUser,
  isCurrent,
  NameRefused,
  SignUpClosed,
  type User,
} from './users.ts'

export interface SignInOptions {
  readonly attempts: SignInAttempts
  readonly signUps: SignUpAttempts
}

/** Options of a route that takes a form with a name in it. */
const nameForm = { attachValidation: true, preValidation: trimName }

interface EntranceForm {
  readonly username: string
  readonly next: string
  readonly error: string | null
}

/** `/sign-up`, `/sign-in` and `/sign-out`, for browsers. */
export async function signInRoutes(instance: FastifyInstance, options: SignInOptions): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { signUpPolicy } = app
  const entrancePage = { schema: { querystring: EntranceQuery }, onRequest: app.pace.reading }

  app.get('/sign-up', entrancePage, async (request, reply) => {
    const next = localPath(request.query.next)
    if (request.identity) return reply.redirect(next, 303)
    if (!(await signUpPolicy.isOpenFor(next))) throw signUpClosed()
    return signUpPage(reply, { username: '', next, error: null })
  })

  app.post('/sign-up', { ...nameForm, schema: { body: SignUpForm } }, async (request, reply) => {
    const form = entered(request.body)
    if (!(await signUpPolicy.isOpenFor(form.next))) throw signUpClosed()
    if (request.validationError) {
      return signUpPage(reply.code(400), { ...form, error: signUpFault(request.validationError) })
    }
    const { username, password } = request.body
    try {
      await options.signUps.count(request.ip)
      const account = { name: username, password }
      const signUp = (await signUpPolicy.admitsMany(form.next)) ? 'open' : 'closed'
      const user = await createUser(app.database, account, signUp, networkOf(request.ip))
      await beginSession(request, user)
      return reply.redirect(form.next, 303)
    } catch (error) {
      if (error instanceof SignUpClosed) throw signUpClosed()
      if (error instanceof NameRefused)
        return signUpPage(reply.code(409), { ...form, error: nameFault(error, canonicalName(username)) })
      const refusal = refusalOf(error)
      return signUpPage(refuse(reply, refusal), { ...form, error: refusal.sentences })
    }
  })

  app.get('/sign-in', entrancePage, async (request, reply) => {
    const next = localPath(request.query.next)
    if (request.identity) return reply.redirect(next, 303)
    return signInPage(reply, { username: '', next, error: null })
  })

  app.post('/sign-in', { ...nameForm, schema: { body: SignInForm } }, async (request, reply) => {
    const form = entered(request.body)
    if (request.validationError) {
      return signInPage(reply.code(400), { ...form, error: 'Fill in your name and your password.' })
    }
    const { username, password } = request.body
    try {
      const known = await options.attempts.try(canonicalName(username), request.ip, () =>
        authenticate(app.database, username, password, networkOf(request.ip)),
      )
      if (known && (await beginSession(request, known.user, known))) return reply.redirect(form.next, 303)
      return signInPage(reply.code(401), { ...form, error: WRONG_PASSWORD })
    } catch (error) {
      const refusal = refusalOf(error)
      return signInPage(refuse(reply, refusal), { ...form, error: refusal.sentences })
    }
  })

  app.post('/sign-out', async (request, reply) => {
    if (request.identity) await request.session.destroy()
    app.clearSessionCookie(reply)
    // Not what the browser stores: what was written and not sent is kept there for its author.
    return reply.header('clear-site-data', '"cache"').redirect('/sign-in', 303)
  })

  function signUpPage(reply: FastifyReply, form: EntranceForm): FastifyReply {
    return reply.page('accounts/sign-up', { title: 'Sign up', form, csrf: reply.csrfToken() })
  }

  async function signInPage(reply: FastifyReply, form: EntranceForm): Promise<FastifyReply> {
    return reply.page('accounts/sign-in', {
      title: 'Sign in',
      form,
      open: await signUpPolicy.isOpenFor(form.next),
      csrf: reply.csrfToken(),
    })
  }
}

/**
 * A session of its own for everyone who comes in: one that was planted before is worth nothing (session fixation).
 *
 * @param known by which password, where it was one: if that was changed meanwhile, the sessions that were found then have
 * ended, and this one may have come too late for it
 * @returns whether it began
 */
async function beginSession(request: FastifyRequest, user: User, known?: Authenticated): Promise<boolean> {
  if (request.identity) await request.session.regenerate()
  Object.assign(request.session, { user, csrf: csrfSecret(), ...placeOf(request) })
  await request.session.save()
  if (!known || (await isCurrent(request.server.database, known))) return true
  await request.session.destroy()
  return false
}

/** Reads from a body, which may be anything, what is shown in the form again. */
function entered(body: unknown): EntranceForm {
  const fields = typeof body === 'object' && body !== null ? body : {}
  const username =
    'username' in fields && typeof fields.username === 'string' ? fields.username.slice(0, 64) : ''
  const next = 'next' in fields && typeof fields.next === 'string' ? fields.next : undefined
  return { username, next: localPath(next), error: null }
}

function signUpFault(error: Error): string {
  return error.message.includes('password')
    ? 'A password has 8 to 256 characters.'
    : 'A name has 2 to 32 of these: a to z, 0 to 9, _ and -.'
}

function nameFault({ reason }: NameRefused, name: string): string {
  if (reason === 'similar') return `The name ${name} looks like one that is taken. Choose another.`
  if (reason === 'reserved') return `The name ${name} is reserved. Choose another.`
  return `The name ${name} is taken. Choose another.`
}

function signUpClosed(): HttpError {
  return new HttpError(
    403,
    'Accounts here are by invitation',
    'Ask somebody who is here for an invitation, or whoever runs this server for an account.',
  )
}
