import type { FastifyInstance } from 'fastify'

export interface WellKnownOptions {
  /** Addresses for reports of weaknesses, as `SECURITY_CONTACT` has them; empty: there is none. */
  readonly securityContacts: readonly string[]
  /** The public address of the server. */
  readonly publicUrl: string
  /** The page, and the place in it, where a password is changed. */
  readonly changePassword: string
}

/** Days for which `security.txt` says that it holds. It is written anew for each who asks, so a server that runs is current. */
const GOOD_FOR_DAYS = 30

const DAY = 24 * 60 * 60 * 1000

/** Addresses that are the same on every site: for search engines, password managers, and people who found a weakness. */
export async function wellKnown(
  app: FastifyInstance,
  { securityContacts, publicUrl, changePassword }: WellKnownOptions,
): Promise<void> {
  const options = { logLevel: 'warn', config: { always: true } } as const

  // Nothing here is for everyone: rooms take an account, and links of invitations are for those who got them.
  app.get('/robots.txt', options, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').send('User-agent: *\nDisallow: /\n'),
  )

  // RFC 9116. Without a contact it would say nothing, so it is not there.
  app.get('/.well-known/security.txt', options, (_request, reply) => {
    if (securityContacts.length === 0) return reply.callNotFound()
    const address = `${publicUrl}/.well-known/security.txt`
    const lines = [
      ...securityContacts.map((contact) => `Contact: ${contact}`),
      `Expires: ${expiry(Date.now())}`,
      ...(address.startsWith('https:') ? [`Canonical: ${address}`] : []),
    ]
    return reply.header('cache-control', 'public, max-age=86400').send(`${lines.join('\n')}\n`)
  })

  // https://w3c.github.io/webappsec-change-password-url/
  app.get('/.well-known/change-password', options, (_request, reply) => reply.redirect(changePassword, 303))
}

function expiry(now: number): string {
  return new Date(Math.ceil(now / DAY) * DAY + GOOD_FOR_DAYS * DAY).toISOString()
}
