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
      'A browser’s session; each installation has its own name for the cookie. Requests that change anything need the ' +
      '`_csrf` value of a form in the header `x-csrf-token`.',
  },
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token from `POST /api/token`. It can also be sent in the address, as `?token=`.',
  },
  [KEY]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'pl_…',
    description:
      'An API key, made at /account. A key with `write` can also do everything that one with `read` can. It is never accepted in an address.',
  },
} as const

/** Returns the credentials of which any one is enough for something that takes a scope. Without a scope no API key is. */
export function securityOf(scope: RequiredScope | undefined): Record<string, string[]>[] {
  const scopes = scope === undefined ? [] : [scope].flat()
  return [{ session: [] }, { token: [] }, ...scopes.map((one) => ({ [KEY]: [one] }))]
}
