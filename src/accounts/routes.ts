import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../channels/index.ts'
import { networkOf } from '../channels/index.ts'
import { csrfSecret, HttpError, localPath, refuse, TooManyRequests } from '../web/index.ts'
import { identityOf, requireUser } from './access.ts'
import type { SignInAttempts, SignUpAttempts, TokenSignIns } from './attempts.ts'
import { deviceName } from './device.ts'
import { TooManyHashes } from './hash-queue.ts'
import { canonicalName } from './names.ts'
import { EntranceQuery, PasswordForm, SessionParams, SignInForm, SignUpForm, TokenBody } from './protocol.ts'
import type { Place } from './sessions.ts'
import { RENEWED_FOR, TOKEN_LIFE } from './tokens.ts'
import {
  type Authenticated,
  anyUser,
  authenticate,
  changePassword,
  createUser,
  isCurrent,
  NameRefused,
  SignUpClosed,
  type User,
} from './users.ts'

export interface AccountRoutesOptions {
  readonly signUp: 'open' | 'closed'
  readonly attempts: SignInAttempts
  readonly signUps: SignUpAttempts
  readonly tokenSignIns: TokenSignIns
}

const WRONG_PASSWORD = 'Wrong username or password.'

/** Tokens that one person may get by their sessions; each is good for five minutes. */
const TOKENS_PER_MINUTE = 120

/** Of a route that takes a form with a name in it. */
const nameForm = { attachValidation: true, preValidation: trimName }

interface EntranceForm {
  readonly username: string
  readonly next: string
  readonly error: string | null
}

export async function signInRoutes(instance: FastifyInstance, options: AccountRoutesOptions): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { signUps } = options
  const entrancePage = { schema: { querystring: EntranceQuery }, onRequest: app.pace.reading }

  const isOpen = async () => options.signUp === 'open' || !(await anyUser(app.database))

  app.get('/sign-up', entrancePage, async (request, reply) => {
    const next = localPath(request.query.next)
    if (request.identity) return reply.redirect(next, 303)
    if (!(await isOpen())) throw signUpClosed()
    return signUpPage(reply, { username: '', next, error: null })
  })

  app.post('/sign-up', { ...nameForm, schema: { body: SignUpForm } }, async (request, reply) => {
    const form = entered(request.body)
    if (!(await isOpen())) throw signUpClosed()
    if (request.validationError) {
      return signUpPage(reply.code(400), { ...form, error: signUpFault(request.validationError) })
    }
    const { username, password } = request.body
    try {
      await signUps.count(request.ip)
      const network = networkOf(request.ip)
      const user = await createUser(app.database, { name: username, password }, options.signUp, network)
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
      open: await isOpen(),
      csrf: reply.csrfToken(),
    })
  }
}

export async function accountRoutes(
  instance: FastifyInstance,
  { attempts }: AccountRoutesOptions,
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

/** `/api/token`, for programs: by a session, a token of it that is still good, or a name and password. */
export async function tokenRoutes(
  instance: FastifyInstance,
  { attempts, tokenSignIns }: AccountRoutesOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const bySession = app.pace.perMinute('tokens by session', TOKENS_PER_MINUTE)

  app.post(
    '/api/token',
    {
      schema: { body: TokenBody },
      attachValidation: true,
      onRequest: async (request) => {
        // By name and password there are limits of their own.
        if (request.identity) for (const hook of bySession) await hook(request)
      },
      preValidation: [trimName, credentialsOrSession],
    },
    async (request, reply) => {
      if (request.validationError) {
        throw new HttpError(
          400,
          'That could not be read',
          'Send username and password as JSON, or a session alone.',
        )
      }
      const { body, tokenSince } = request
      const now = Math.floor(Date.now() / 1000)
      if (body && 'username' in body) {
        const identity = await signIn(request, body.username, body.password)
        if (!identity) return reply.code(401).send({ error: WRONG_PASSWORD })
        return { token: app.issueToken(identity, now), expires_in: TOKEN_LIFE }
      }
      if (tokenSince !== undefined && now - tokenSince >= RENEWED_FOR)
        return reply
          .code(401)
          .send({ error: 'Tokens are renewed for a day at most. Sign in again with username and password.' })
      return { token: app.issueToken(identityOf(request), tokenSince ?? now), expires_in: TOKEN_LIFE }
    },
  )

  /** A session of its own for a program, listed beside those of browsers; its cookies are left as they are. */
  async function signIn(
    request: FastifyRequest,
    username: string,
    password: string,
  ): Promise<Identity | undefined> {
    const { database, sessions } = app
    await tokenSignIns.count(canonicalName(username), request.ip)
    const known = await attempts.try(canonicalName(username), request.ip, () =>
      authenticate(database, username, password, networkOf(request.ip)),
    )
    if (!known) return undefined
    const { user } = known
    const id = await sessions.beginForTokens(user.id, placeOf(request))
    if (await isCurrent(database, known)) return { session: { id }, user }
    await sessions.end(user.id, id)
    return undefined
  }
}

/**
 * A name and password stand for themselves, whatever cookies come with them. Only as JSON, which no page of another site
 * can send: a form of such a page would use up the tries of whoever looks at it.
 */
async function credentialsOrSession(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { body, headers, identity } = request
  const named = typeof body === 'object' && body !== null && ('username' in body || 'password' in body)
  const json = /^application\/json\b/i.test(headers['content-type'] ?? '')
  if (named && json) request.cookieless = true
  else if (!identity)
    return reply.code(401).send({ error: 'Sign in, or send username and password as JSON.' })
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

function placeOf(request: FastifyRequest): Place {
  return { device: deviceName(request.headers['user-agent']), address: request.ip }
}

/** People paste names with blanks around them; what is no text is left for the validation. */
async function trimName({ body }: FastifyRequest): Promise<void> {
  if (typeof body !== 'object' || body === null || !('username' in body)) return
  if (typeof body.username === 'string') body.username = body.username.trim()
}

/** What comes back into the form, from a body that may be anything. */
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

/**
 * Why a try was not looked at.
 * @throws the error again when it is about something else
 */
function refusalOf(error: unknown): HttpError {
  if (error instanceof TooManyRequests || error instanceof TooManyHashes) return error
  throw error
}

function nameFault({ reason }: NameRefused, name: string): string {
  if (reason === 'similar') return `The name ${name} looks like one that is taken. Choose another.`
  if (reason === 'reserved') return `The name ${name} is reserved. Choose another.`
  return `The name ${name} is taken. Choose another.`
}

function signUpClosed(): HttpError {
  return new HttpError(
    403,
    'No new accounts',
    'Accounts are not made here any more. Ask the administrator for one.',
  )
}
