import { STATUS_CODES } from 'node:http'
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import type { TSchema } from 'typebox'
import { ErrorAnswer, type RouteDocs } from '../web/index.ts'
import { isObject, NamedSchemas, type PlainSchema } from './plain-schema.ts'
import { securityOf, securitySchemes } from './security-schemes.ts'

/** A route as it was registered. */
export interface DocumentedRoute {
  readonly method: string
  /** As the router has it: `/api/rooms/:room`. */
  readonly url: string
  readonly schema: FastifySchema
  readonly scope: FastifyContextConfig['scope']
  readonly docs: RouteDocs
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description?: string
  readonly schema: PlainSchema
}

/** OpenAPI 3.1 has no word for the data of events. */
type Content = Readonly<
  Record<string, { readonly schema?: PlainSchema; readonly 'x-event-data'?: PlainSchema }>
>

export interface Response {
  readonly description: string
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface OpenApi {
  readonly openapi: '3.1.0'
  readonly info: object
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, PlainSchema>>
    readonly responses: object
    readonly securitySchemes: object
  }
}

/** The document of all that is asked for by HTTP. */
export function openApi(routes: readonly DocumentedRoute[], version: string): OpenApi {
  const schemas = new NamedSchemas()
  const error = { 'application/json': { schema: schemas.plain(ErrorAnswer) } }
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) {
    const address = route.url.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [route.method.toLowerCase()]: operationOf(route, schemas) }
  }
  const tags = [...new Set(routes.map(({ url }) => tagOf(url)))].map((name) => ({ name }))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Partyline',
      version,
      description:
        'The HTTP API for programs. The sockets are described with AsyncAPI, at /api/docs/asyncapi.json. ' +
        'This description only grows: clients should ignore fields that they do not know.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: {
      schemas: schemas.all(),
      responses: { Error: { description: 'Why it was refused', content: error } },
      securitySchemes,
    },
  }
}

function operationOf(
  { docs, method, schema, scope, url }: DocumentedRoute,
  schemas: NamedSchemas,
): Operation {
  const parameters = [
    ...parametersOf('path', schema.params, schemas, url),
    ...parametersOf('query', schema.querystring, schemas),
  ]
  const body = docs.body ?? schema.body
  return {
    operationId: `${method.toLowerCase()}${url.replaceAll(/[^A-Za-z]+(\w?)/g, (_all, letter) => letter.toUpperCase())}`,
    summary: docs.summary,
    tags: [tagOf(url)],
    ...(parameters.length > 0 && { parameters }),
    ...(isObject(body) && { requestBody: requestBodyOf(schemas.plain(body)) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answersOf(docs)).map(([status, answer]) => [
          status,
          responseOf(status, answer, docs, schemas),
        ]),
      ),
      default: url.startsWith('/api/')
        ? { $ref: '#/components/responses/Error' }
        : { description: 'Why it was refused, for people to read' },
    },
    security: docs.isOpen ? [] : securityOf(scope),
  }
}

/**
 * Returns the group under which a route is listed. A route below a room is listed under the name that follows the room's, such as
 * "Messages".
 */
function tagOf(url: string): string {
  const name = /^(?:\/rooms\/:room)?\/([a-z]+)/.exec(url.replace(/^\/api/, ''))?.[1] ?? 'other'
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function answersOf({ answers, media }: RouteDocs): Readonly<Record<string, TSchema | null>> {
  return answers ?? (media ? { 200: null } : {})
}

function responseOf(
  status: string,
  answer: TSchema | null,
  { events, media = [] }: RouteDocs,
  schemas: NamedSchemas,
): Response {
  const streamed = events && ([['text/event-stream', { 'x-event-data': schemas.plain(events) }]] as const)
  const others = status === '200' ? [...media.map((type) => [type, {}] as const), ...(streamed ?? [])] : []
  const json = answer === null ? [] : [['application/json', { schema: schemas.plain(answer) }] as const]
  const content = Object.fromEntries([...json, ...others])
  return {
    description: STATUS_CODES[status] ?? status,
    ...(Object.keys(content).length > 0 && { content }),
  }
}

function requestBodyOf(schema: PlainSchema): NonNullable<Operation['requestBody']> {
  const variants = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : []
  const bodies = variants.filter(({ type }) => type !== 'null')
  const isOptional = bodies.length < variants.length
  const present = isOptional ? (bodies.length === 1 ? bodies[0] : { ...schema, anyOf: bodies }) : schema
  return { required: !isOptional, content: { 'application/json': { schema: present ?? schema } } }
}

function parametersOf(place: Parameter['in'], schema: unknown, schemas: NamedSchemas, url = ''): Parameter[] {
  const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {}
  const required: unknown = isObject(schema) ? schema.required : undefined
  const names =
    place === 'path' ? [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name) : Object.keys(properties)
  return names.map((name) => {
    const property = properties[name]
    const { description, ...plain } = isObject(property) ? schemas.plain(property) : { type: 'string' }
    return {
      name,
      in: place,
      required: place === 'path' || (Array.isArray(required) && required.includes(name)),
      ...(typeof description === 'string' && { description }),
      schema: plain,
    }
  })
}
