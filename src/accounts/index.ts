import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { csrf } from '../web/csrf.ts'
import { SignInAttempts } from './attempts.ts'
import { accountRoutes, entranceRoutes } from './routes.ts'
import { sessionPlugin } from './session-plugin.ts'

export interface AccountsOptions {
  /** Keys for cookies; the first one signs. */
  readonly secrets: string[]
  readonly signUp: 'open' | 'closed'
  /** New accounts an hour from one address; 0: no limit. */
  readonly signUpsPerAddress: number
}

/** Who you are: sign up, in and out, sessions and passwords. Everything registered later knows `request.identity`. */
export const accounts = fp(async (app: FastifyInstance, options: AccountsOptions) => {
  await app.register(sessionPlugin, { secrets: options.secrets })
  await app.register(csrf)
  const routeOptions = { ...options, attempts: new SignInAttempts() }
  await app.register(entranceRoutes, routeOptions)
  await app.register(accountRoutes, routeOptions)
})

export { identityOf, requireUser } from './access.ts'
