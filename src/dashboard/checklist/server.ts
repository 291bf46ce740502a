import { type Finding, ok, reasonOf, wrong } from './finding.ts'
import { PATIENCE } from './handshake.ts'
import type { Address } from './sockets.ts'

/** The result of asking the server at an address for its health. */
export interface Health {
  readonly finding: Finding
  /** True if sockets can be tried there. */
  readonly answers: boolean
  /** The state of the database according to `/readyz`: `ok` or `away`; of the channel layer likewise. */
  readonly database?: string
  readonly channels?: string
  /** True if it works over Redis; undefined: it does not tell. */
  readonly withRedis?: boolean | undefined
  /** Milliseconds by which its clock is ahead of ours, as far as whole seconds tell. */
  readonly ahead?: number
}

export async function checkServer({ url, isPublic }: Address): Promise<Health> {
  const began = performance.now()
  try {
    const response = await fetch(`${url}/readyz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    })
    const took = Math.round(performance.now() - began)
    const ready = readinessIn(await response.text())
    const date = Date.parse(response.headers.get('date') ?? '')
    const clock = Number.isNaN(date) ? {} : { ahead: date + 500 - Date.now() }
    if (!ready) {
      const advice = isPublic
        ? adviceAbout(response.status)
        : 'Something else is listening there. Give the server’s HOST and PORT.'
      const finding = wrong(`${url}/readyz answers ${response.status}, and not as Partyline does`, advice)
      return { finding, answers: false, ...clock }
    }
    const { database, channels } = ready
    const away = Object.entries(ready).filter(([, state]) => state === 'away')
    const finding =
      away.length === 0
        ? ok(`${url} answers within ${took} ms, and is ready`)
        : wrong(
            `${url} answers, but is not ready: ${away.map(([part]) => part).join(' and ')} away`,
            'The points below, and the server’s log, say why.',
          )
    // That it does not tell is nothing wrong.
    const withRedis = isPublic ? undefined : await worksOverRedis(url).catch(() => undefined)
    return { finding, answers: true, database, channels, withRedis, ...clock }
  } catch (error) {
    const advice = isPublic
      ? 'Is PUBLIC_URL right, does its name lead to the proxy, and is the proxy running? If you have your own certificate authority, put its certificate in NODE_EXTRA_CA_CERTS.'
      : 'Start the server, or give this command the same HOST and PORT.'
    return { finding: wrong(`nothing answers at ${url}: ${reasonOf(error)}`, advice), answers: false }
  }
}

/** Advice on a proxy that answers without a Partyline behind it. */
function adviceAbout(status: number): string {
  return status === 421
    ? 'The proxy does not serve the name in PUBLIC_URL. Make it the same as server_name in the settings of nginx.'
    : 'Check what answers at PUBLIC_URL: the proxy leads somewhere else, or has no server behind it.'
}

/** Metrics are told to this machine, so that they may not be from here. */
async function worksOverRedis(url: string): Promise<boolean | undefined> {
  const response = await fetch(`${url}/metrics`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
  })
  const [, told] = /^partyline_with_redis ([01])$/m.exec(await response.text()) ?? []
  return told === undefined ? undefined : told === '1'
}

function readinessIn(text: string): { readonly database: string; readonly channels: string } | undefined {
  try {
    const { database, channels }: Record<string, unknown> = JSON.parse(text)
    return typeof database === 'string' && typeof channels === 'string' ? { database, channels } : undefined
  } catch {
    return undefined
  }
}
