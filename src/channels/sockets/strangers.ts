import type { FastifyRequest } from 'fastify'
import { type ConsumerClass, outOfScope } from '../consumers/consumer.ts'
import { permits, type Scope } from '../consumers/scope.ts'
import { CloseCode } from './close-codes.ts'
import { credentialsOf } from './handshake.ts'
import { forLog, type HandshakeRefusal } from './refused-handshakes.ts'

/** Tells why somebody may not open this kind of socket, whatever else is open; undefined if they may. */
export function strangerOf(
  request: FastifyRequest,
  { anonymous, keyScope }: ConsumerClass,
  { identity, query }: Scope,
): (HandshakeRefusal & { readonly code: number }) | undefined {
  const signedOut = (error: string, details: HandshakeRefusal['details']) =>
    ({ code: CloseCode.signedOut, reason: 'session', error, details }) as const
  if (!identity) {
    if (anonymous) return undefined
    const accepted = 'the cookie of a session that has not ended, a token or an API key'
    return signedOut('not signed in', { credentials: credentialsOf(request), accepted })
  }
  const { name } = identity.user
  const meant = query.get('user')
  if (meant !== null && meant !== name) {
    const details = { user: name, madeFor: forLog(meant), accepted: `user=${name}` }
    return signedOut(`signed in as ${name}`, details)
  }
  if (permits(identity, keyScope)) return undefined
  const details = { user: name, scopes: [...(identity.scopes ?? [])], accepted: keyScope ?? 'no key' }
  return { code: CloseCode.forbidden, reason: 'scope', error: outOfScope(keyScope), details }
}
