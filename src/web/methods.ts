import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import findMyWay from 'find-my-way'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of the routes at an address; empty: there is none. */
    allowedMethods(url: string): string[]
    /**
     * The page to show to a person who reloads or types an address that only takes a form: a browser shows that address when the
     * form was refused. Undefined: the address takes no form.
     */
    pageOfForm(url: string): string | undefined
  }
  interface FastifyContextConfig {
    /** The page on which the form of this address is found, with the parameters of the address; without it: the nearest page above. */
    formPage?: string
  }
}

class KnownAddress {
  readonly methods = new Set(['OPTIONS'])
  /** The page of its form; null: the nearest above; undefined: it takes no form. */
  formPage: string | null | undefined
}

/**
 * Knows which methods an address takes, with the router that Fastify itself uses: Fastify looks up an address and its method
 * at once, and does not tell a wrong method from a wrong address. To be registered before every route.
 */
export const methods = fp(async (app: FastifyInstance, { maxParamLength }: { maxParamLength: number }) => {
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength })
  const byPattern = new Map<string, KnownAddress>()

  app.addHook('onRoute', ({ method, url, config }) => {
    // A socket's path has no methods: without an upgrade it is a 404.
    if (config?.socket) return
    const known = byPattern.get(url) ?? new KnownAddress()
    if (!byPattern.has(url)) router.on('GET', url, () => {}, known)
    byPattern.set(url, known)
    for (const one of [method].flat()) known.methods.add(one)
    // What is documented, or below /api, is for programs.
    const isForm = [method].flat().includes('POST') && !config?.docs && !url.startsWith('/api/')
    if (isForm) known.formPage = config?.formPage ?? null
  })

  function allowedMethods(url: string): string[] {
    const known: unknown = router.find('GET', url)?.store
    return known instanceof KnownAddress ? [...known.methods].sort() : []
  }

  function nearestPageAbove(url: string): string {
    const above = url.slice(0, url.lastIndexOf('/'))
    if (above === '' || allowedMethods(above).includes('GET')) return above || '/'
    return nearestPageAbove(above)
  }

  app.decorate('allowedMethods', allowedMethods)
  app.decorate('pageOfForm', (url) => {
    const found = router.find('GET', url)
    const known: unknown = found?.store
    if (!found || !(known instanceof KnownAddress) || known.formPage === undefined) return undefined
    if (known.formPage === null) return nearestPageAbove(url.replace(/[?#].*$/, '').replace(/\/$/, ''))
    return known.formPage.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(found.params[name] ?? ''),
    )
  })
})
