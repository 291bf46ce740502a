import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { addressOf, networkOf } from '../channels/index.ts'
import { HttpError, localPath, refuse } from '../web/index.ts'
import type { SignInAttempts, SignUpAttempts } from './attempts.ts'
import { beginSession } from './begin-session.ts'
import { deactivatedError, refusalOf, trimName, WRONG_PASSWORD } from './credentials.ts'
import { canonicalName } from './names.ts'
import { readNewAccount } from './new-account.ts'
import { SignInForm, SignInQuery, SignUpForm } from './protocol.ts'
import { freeUsername } from './suggested-usernames.ts'
import { authenticate, createUser, NameRefused, SignUpClosed } from './users.ts'

export interface SignInOptions {
  readonly attempts: SignInAttempts
  readonly signUps: SignUpAttempts
}

/** Options of a route that takes a form with a name in it. */
const nameForm = { attachValidation: true, preValidation: trimName }

interface EnteredForm {
  readonly name: string
  readonly username: string
  readonly next: string
  readonly error: string | null
}

/** `/sign-up`, `/sign-in` and `/sign-out`, for browsers. */
export async function signInRoutes(instance: FastifyInstance, options: SignInOptions): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { signUpPolicy } = app
  const formPage = { schema: { querystring: SignInQuery }, onRequest: app.rateLimits.reading }

  app.get('/sign-up', formPage, async (request, reply) => {
    const next = localPath(request.query.next)
    if (request.identity) return reply.redirect(next, 303)
    if (!(await signUpPolicy.isOpenFor(next))) throw signUpClosed()
    return signUpPage(reply, { ...emptyForm, next })
  })

  app.post('/sign-up', { ...nameForm, schema: { body: SignUpForm } }, async (request, reply) => {
    const form = entered(request.body)
    if (!(await signUpPolicy.isOpenFor(form.next))) throw signUpClosed()
    const account = request.validationError ? 'Fill in each field once.' : readNewAccount(request.body)
    if (typeof account === 'string') return signUpPage(reply.code(400), { ...form, error: account })
    try {
      await options.signUps.count(addressOf(request))
      const signUp = (await signUpPolicy.admitsMany(form.next)) ? 'open' : 'closed'
      const user = await createUser(app.database, account, signUp, networkOf(addressOf(request)))
      await beginSession(request, user)
      return reply.redirect(form.next, 303)
    } catch (error) {
      if (error instanceof SignUpClosed) throw signUpClosed()
      if (error instanceof NameRefused) return nameRefused(reply, form, error)
      const refusal = refusalOf(error)
      return signUpPage(refuse(reply, refusal), { ...form, error: refusal.sentences })
    }
  })

  app.get('/sign-in', formPage, async (request, reply) => {
    const next = localPath(request.query.next)
    if (request.identity) return reply.redirect(next, 303)
    return signInPage(reply, { ...emptyForm, next })
  })

  app.post('/sign-in', { ...nameForm, schema: { body: SignInForm } }, async (request, reply) => {
    const form = entered(request.body)
    if (request.validationError) {
      return signInPage(reply.code(400), { ...form, error: 'Enter your username and password.' })
    }
    const { username, password } = request.body
    try {
      const known = await options.attempts.try(canonicalName(username), addressOf(request), () =>
        authenticate(app.database, username, password, networkOf(addressOf(request))),
      )
      if (known?.deactivated)
        return signInPage(reply.code(403), { ...form, error: deactivatedError().sentences })
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
    // Not what the browser stores: messages that were sent, and have not arrived, are kept there for their author.
    return reply.header('clear-site-data', '"cache"').redirect('/sign-in', 303)
  })

  function signUpPage(reply: FastifyReply, form: EnteredForm): FastifyReply {
    return reply.page('accounts/sign-up', { title: 'Sign up', form, csrf: reply.csrfToken() })
  }

  /** Shows the form again, with a username that is free where another one was not. */
  async function nameRefused(
    reply: FastifyReply,
    form: EnteredForm,
    error: NameRefused,
  ): Promise<FastifyReply> {
    if (error.reason === 'reserved') return signUpPage(reply.code(409), { ...form, error: error.message })
    const free = await freeUsername(app.database, form.name.trim() || error.refused)
    const fault = `${error.message} ${free} is available.`
    return signUpPage(reply.code(409), { ...form, username: free, error: fault })
  }

  async function signInPage(reply: FastifyReply, form: EnteredForm): Promise<FastifyReply> {
    return reply.page('accounts/sign-in', {
      title: 'Sign in',
      form,
      open: await signUpPolicy.isOpenFor(form.next),
      csrf: reply.csrfToken(),
    })
  }
}

const emptyForm: EnteredForm = { name: '', username: '', next: '/', error: null }

/** Characters of a field that are shown in the form again. */
const SHOWN = 240

/** Reads from a body, which may be anything, what is shown in the form again. */
function entered(body: unknown): EnteredForm {
  const name = textField(body, 'name').slice(0, SHOWN).toWellFormed()
  const username = textField(body, 'username').slice(0, 64)
  return { name, username, next: localPath(textField(body, 'next')), error: null }
}

function textField(body: unknown, name: string): string {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value : ''
}

function signUpClosed(): HttpError {
  return new HttpError(
    403,
    'You need an invitation',
    'Ask somebody who has an account for an invitation, or ask whoever runs this server for an account.',
  )
}
