import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../channels/index.ts'
import { addressOf, networkOf } from '../channels/index.ts'
import { HttpError, refuseUnauthorized } from '../web/index.ts'
import { identityOf } from './access.ts'
import type { SignInAttempts, TokenSignIns } from './attempts.ts'
import { deactivatedError, trimName, WRONG_PASSWORD } from './credentials.ts'
import { placeOf } from './device.ts'
import { canonicalName } from './names.ts'
import { TokenAnswer, TokenBody } from './protocol.ts'
import { RENEWED_FOR, TOKEN_LIFE } from './tokens.ts'
import { authenticate, isCurrent } from './users.ts'

export interface TokenOptions {
  readonly attempts: SignInAttempts
  readonly tokenSignIns: TokenSignIns
}

/** Tokens that one person may get by their sessions in a minute; each is good for five minutes. */
const TOKENS_PER_MINUTE = 120

/** `/api/token`, for programs: by a session, a token of it that is still good, or a name and password. */
export async function tokenRoutes(
  instance: FastifyInstance,
  { attempts, tokenSignIns }: TokenOptions,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const bySession = app.rateLimits.perMinute('tokens by session', TOKENS_PER_MINUTE)

  app.post(
    '/api/token',
    {
      schema: { body: TokenBody },
      config: {
        docs: {
          summary: 'Get a token, with a username and password or with a session',
          answers: { 200: TokenAnswer },
          isOpen: true,
        },
      },
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
        if (!identity) return refuseUnauthorized(reply, WRONG_PASSWORD)
        return { token: app.issueToken(identity, now), expires_in: TOKEN_LIFE }
      }
      if (tokenSince !== undefined && now - tokenSince >= RENEWED_FOR)
        return refuseUnauthorized(
          reply,
          'Tokens can be renewed for at most a day. Sign in again with your username and password.',
        )
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
    await tokenSignIns.count(canonicalName(username), addressOf(request))
    const known = await attempts.try(canonicalName(username), addressOf(request), () =>
      authenticate(database, username, password, networkOf(addressOf(request))),
    )
    if (!known) return undefined
    if (known.deactivated) throw deactivatedError()
    const { user } = known
    const id = await sessions.beginForTokens(user.id, placeOf(request))
    if (await isCurrent(database, known)) return { session: { id }, user }
    await sessions.end(user.id, id)
    return undefined
  }
}

/**
 * A name and password are used regardless of cookies. They are accepted only as JSON, which no page of another site can send: a
 * form on such a page could use up its visitors' attempts.
 */
async function credentialsOrSession(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { body, headers, identity } = request
  const named = typeof body === 'object' && body !== null && ('username' in body || 'password' in body)
  const json = /^application\/json\b/i.test(headers['content-type'] ?? '')
  if (named && json) request.cookieless = true
  else if (!identity) return refuseUnauthorized(reply, 'Sign in, or send username and password as JSON.')
}
