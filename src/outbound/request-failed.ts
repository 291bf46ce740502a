/** Why a request got no answer. */
export const REQUEST_FAILURES = [
  'connection_refused',
  'name_not_found',
  'name_look_up_slow',
  'timed_out',
  'no_route',
  'invalid_certificate',
  'no_secure_connection',
  'connection_broken',
  'unknown',
] as const
export type RequestFailure = (typeof REQUEST_FAILURES)[number]

/** Thrown for a request that was sent, or was to be sent, and got no answer. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed'
  readonly failure: RequestFailure

  constructor(failure: RequestFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }

  /** What an error of Node's network code means for the request that it ended. */
  static from(error: unknown): RequestFailed {
    if (error instanceof RequestFailed) return error
    if (!(error instanceof Error)) return new RequestFailed('unknown', 'it could not be reached')
    const code = 'code' in error ? String(error.code) : ''
    // An error for several addresses that were tried has a code, and no message.
    return new RequestFailed(failureOf(code), error.message || code || error.name, { cause: error })
  }
}

/** Codes of Node, of the system and of OpenSSL. */
const FAILURES: Readonly<Record<string, RequestFailure>> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'name_not_found',
  ETIMEDOUT: 'timed_out',
  EHOSTUNREACH: 'no_route',
  ENETUNREACH: 'no_route',
  EADDRNOTAVAIL: 'no_route',
  EPROTO: 'no_secure_connection',
  ECONNRESET: 'connection_broken',
  EPIPE: 'connection_broken',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'invalid_certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'invalid_certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'invalid_certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'invalid_certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'invalid_certificate',
  INVALID_CA: 'invalid_certificate',
  INVALID_PURPOSE: 'invalid_certificate',
  HOSTNAME_MISMATCH: 'invalid_certificate',
}

/** How codes begin of which there are many. */
const FAMILIES: readonly (readonly [prefix: string, failure: RequestFailure])[] = [
  ['EAI_', 'name_not_found'],
  ['CERT_', 'invalid_certificate'],
  ['ERR_TLS_CERT_', 'invalid_certificate'],
  ['ERR_SSL_', 'no_secure_connection'],
  // An answer that is not HTTP.
  ['HPE_', 'connection_broken'],
]

function failureOf(code: string): RequestFailure {
  return FAILURES[code] ?? FAMILIES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'unknown'
}
