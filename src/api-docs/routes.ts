import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { docsView } from './presentation.ts'

/** The last route that is described: those registered after it are not. */
export const LAST = '/api/docs/asyncapi.json'

/** `/api/docs`: the documents, and a page with what is in them. The same for everyone, signed in or not. */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const { apiDocs, rateLimits } = app
  let texts: { readonly openApi: string; readonly asyncApi: string } | undefined
  let view: ReturnType<typeof docsView> | undefined

  /** Made when somebody asks first: all routes are there by then. */
  const documents = () => {
    texts ??= { openApi: JSON.stringify(apiDocs.openApi()), asyncApi: JSON.stringify(apiDocs.asyncApi()) }
    return texts
  }

  const page = {
    summary: 'Read the API documentation as a page',
    media: ['text/html'],
    isOpen: true,
  } as const
  app.get('/api/docs', { config: { docs: page }, onRequest: rateLimits.reading }, async (_request, reply) => {
    view ??= docsView(apiDocs.openApi(), apiDocs.asyncApi())
    return reply.page('api-docs/docs', { title: 'For programs', docs: view })
  })

  const configOf = (summary: string) => ({
    docs: { summary, answers: { 200: Type.Record(Type.String(), Type.Unknown()) }, isOpen: true } as const,
  })
  const openConfig = configOf('Read the OpenAPI description of HTTP')
  const asyncConfig = configOf('Read the AsyncAPI description of the sockets')

  app.get(
    '/api/docs/openapi.json',
    { config: openConfig, onRequest: rateLimits.reading },
    async (_request, reply) => reply.type('application/json; charset=utf-8').send(documents().openApi),
  )

  app.get(LAST, { config: asyncConfig, onRequest: rateLimits.reading }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(documents().asyncApi),
  )
}
