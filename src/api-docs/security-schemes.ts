import type { RequiredScope } from '../channels/index.ts'

/** The name of the scheme that takes scopes. */
const KEY = 'key'

/** Ways to say who one is. */
export const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'partyline-INSTALLATION',
    description:
      'The session of a browser; each installation has its own name for the cookie. What changes anything takes the ' +
      '`_csrf` of a form in the header `x-csrf-token`.',
  },
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of `POST /api/token`. It may also stand in the address, as `?token=`.',
  },
  [KEY]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'pl_…',
    description:
      'An API key, made at /account. What one with `read` may do, one with `write` may do as well. Never in an address.',
  },
} as const

/** Who may do something that takes a scope: anyone of these. Without a scope it takes no key. */
export function securityOf(scope: RequiredScope | undefined): Record<string, string[]>[] {
  const scopes = scope === undefined ? [] : [scope].flat()
  return [{ session: [] }, { token: [] }, ...scopes.map((one) => ({ [KEY]: [one] }))]
}
