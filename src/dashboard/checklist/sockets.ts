import { type Finding, ok, skipped, wrong } from './finding.ts'
import { openSocket } from './handshake.ts'

/** A path of a socket that everybody has who is signed in. */
const PATH = '/ws/notifications'
/** A path that no socket is at, and an origin that nobody has: names of this ending are nobody's (RFC 2606). */
const NO_PATH = '/ws/doctor-finds-nothing'
const FOREIGN = 'https://doctor.invalid'

/** An address at which a server is checked. */
export interface Address {
  /** Such as `https://chat.example.com`. */
  readonly url: string
  /** True if people come this way, maybe through a proxy. */
  readonly isPublic: boolean
  /** The origin of the pages that people see there. */
  readonly origin: string
}

const PROXY = 'deploy/nginx.conf shows how a proxy passes sockets on'

/** A socket can be opened at its path, and at no other. */
export async function checkPath({ url, isPublic }: Address): Promise<Finding> {
  const upgrade = await openSocket(url, PATH)
  const address = `${url}${PATH}`
  if (upgrade.kind === 'failed')
    return wrong(
      `no socket could be opened at ${address}: ${upgrade.reason}`,
      `Check what answers there: ${PROXY}.`,
    )
  if (upgrade.kind === 'refused') {
    const advice = isPublic
      ? `Let the proxy pass /ws/ on with its path as it is, over HTTP/1.1, with the headers Upgrade and Connection: ${PROXY}.`
      : 'Something other than this version of Partyline answers there. Give the server’s HOST and PORT.'
    return wrong(`a socket at ${address} was answered with ${upgrade.status} instead of 101`, advice)
  }
  await upgrade.socket.leave()
  const nowhere = await openSocket(url, NO_PATH)
  if (nowhere.kind === 'opened') {
    await nowhere.socket.leave()
    return wrong(
      `a socket opens at ${url}${NO_PATH}, where there is none`,
      'Something in front of the server answers instead of it.',
    )
  }
  return ok(`sockets open at ${address}`)
}

/** Pages of one's own may open sockets, and those of others may not. */
export async function checkOrigin({ url, origin, isPublic }: Address): Promise<Finding> {
  const own = await openSocket(url, PATH, { origin })
  if (own.kind !== 'opened') {
    const answer = own.kind === 'refused' ? String(own.status) : own.reason
    const advice = isPublic
      ? 'Let the proxy pass on Host and set X-Forwarded-Proto, and name it in TRUST_PROXY; or name the origin in ALLOWED_ORIGINS.'
      : `Name ${origin} in ALLOWED_ORIGINS, or leave that out.`
    return wrong(`a page of ${origin} may not open a socket at ${url} (${answer})`, advice)
  }
  await own.socket.leave()
  const foreign = await openSocket(url, PATH, { origin: FOREIGN })
  if (foreign.kind === 'opened') {
    await foreign.socket.leave()
    return wrong(
      `a page of any other origin may open a socket at ${url}`,
      'Let the proxy pass on the header Origin as it is, and check ALLOWED_ORIGINS.',
    )
  }
  return ok(`pages of ${origin} may open sockets at ${url}, and those of others may not`)
}

export interface SignedIn {
  readonly session: Finding
  readonly format: Finding
}

/**
 * Checks that nobody gets in without a session and a person with one does, and that invalid JSON is answered correctly.
 * @param cookie of a session that has begun
 */
export async function checkSession({ url, isPublic }: Address, cookie: string): Promise<SignedIn> {
  const format = skipped('it takes a session')
  const visitor = await openSocket(url, PATH)
  if (visitor.kind !== 'opened')
    return { session: skipped('no socket opens'), format: skipped('no socket opens') }
  const refused = await visitor.socket.next()
  await visitor.socket.leave()
  if (refused.kind !== 'closed' || refused.code !== 4001) {
    const session = wrong(
      `${url} let in somebody who is not signed in`,
      'Remove whatever signs people in at the proxy.',
    )
    return { session, format }
  }
  const person = await openSocket(url, PATH, { cookie })
  if (person.kind !== 'opened') return { session: skipped('no socket opens'), format }
  const first = await person.socket.next()
  if (first.kind !== 'frame') {
    await person.socket.leave()
    const seen = first.kind === 'closed' ? `closed with ${first.code} ${first.reason}` : 'not answered'
    const advice = isPublic
      ? 'Let the proxy pass cookies on. Does it lead to this server, and not to another installation?'
      : 'Give all processes, and this command, the same DATABASE_URL or DATA_DIR, and the same SECRET.'
    return { session: wrong(`a session that is in the database was ${seen} at ${url}`, advice), format }
  }
  person.socket.send('this is not JSON')
  const answer = await person.socket.next('error')
  await person.socket.leave()
  const session = ok(`${url} knows who is signed in, and nobody else gets in`)
  if (answer.kind === 'frame' && answer.frame.code === 'malformed')
    return {
      session,
      format: ok('frames arrive as they were sent, and anything that is not JSON is answered with malformed'),
    }
  return {
    session,
    format: wrong(
      `a frame that is not JSON was not answered with malformed at ${url}`,
      'Check whether something in between changes what is sent. Clients send one JSON object in each text frame.',
    ),
  }
}
