import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import findMyWay from 'find-my-way'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods of the routes at an address; empty: there is none. */
    allowedMethods(url: string): string[]
  }
}

/**
 * Knows which methods an address takes, with the router that Fastify itself uses: Fastify looks up an address and its method
 * at once, and does not tell a wrong method from a wrong address. To be registered before every route.
 */
export const methods = fp(async (app: FastifyInstance, { maxParamLength }: { maxParamLength: number }) => {
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength })
  const byPattern = new Map<string, Set<string>>()

  app.addHook('onRoute', ({ method, url, config }) => {
    // A socket's path has no methods: without an upgrade it is a 404.
    if (config?.socket) return
    const known = byPattern.get(url) ?? new Set(['OPTIONS'])
    if (!byPattern.has(url)) router.on('GET', url, () => {}, known)
    byPattern.set(url, known)
    for (const one of [method].flat()) known.add(one)
  })

  app.decorate('allowedMethods', (url: string) => {
    const known: unknown = router.find('GET', url)?.store
    return known instanceof Set ? [...known].map(String).sort() : []
  })
})
