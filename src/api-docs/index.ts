import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import about from '../../package.json' with { type: 'json' }
import { type AsyncApi, asyncApi, type DocumentedSocket } from './asyncapi.ts'
import { type DocumentedRoute, type OpenApi, openApi } from './openapi.ts'
import { docsRoutes, LAST } from './routes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly apiDocs: ApiDocs
  }
}

/** The documents of the API, made when they are first asked for. */
export interface ApiDocs {
  openApi(): OpenApi
  asyncApi(): AsyncApi
}

export interface ApiDocsOptions {
  /** The public address of the server. */
  readonly publicUrl: string
}

/** Collects what is registered after it, up to `apiDocsPages`: routes that have `docs`, and all sockets. */
export const apiDocs = fp(async (app: FastifyInstance, { publicUrl }: ApiDocsOptions) => {
  const routes: DocumentedRoute[] = []
  const sockets: DocumentedSocket[] = []
  let isComplete = false
  let openApiDocument: OpenApi | undefined
  let asyncApiDocument: AsyncApi | undefined
  app.addHook('onRoute', (route) => {
    if (isComplete) return
    const { consumer } = route.config ?? {}
    if (!consumer) routes.push(...documented(route))
    else if (route.method !== 'HEAD') sockets.push({ url: route.url, consumer })
    if (route.url === LAST) isComplete = true
  })
  const documents: ApiDocs = {
    openApi() {
      openApiDocument ??= openApi(routes, about.version)
      return openApiDocument
    },
    asyncApi() {
      asyncApiDocument ??= asyncApi(sockets, about.version, publicUrl)
      return asyncApiDocument
    },
  }
  app.decorate('apiDocs', documents)
})

/** A route that is served by several methods is described for each, but for `HEAD`. */
function documented({ config, method, schema = {}, url }: RouteOptions): DocumentedRoute[] {
  const { docs, scope } = config ?? {}
  if (!docs) return []
  return [method]
    .flat()
    .filter((one) => one !== 'HEAD')
    .map((one) => ({ method: one, url, schema, scope, docs }))
}

/** `/api/docs`, to be registered behind all that is described. */
export const apiDocsPages = docsRoutes
