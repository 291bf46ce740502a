import type { AsyncApi, AsyncOperation, Channel } from './asyncapi.ts'
import type { OpenApi, Operation } from './openapi.ts'
import { isObject, type PlainSchema } from './plain-schema.ts'

/** A field of something that is sent, in words. */
export interface FieldView {
  /** With where it is: `reply.seq`. */
  readonly name: string
  readonly type: string
  readonly isOptional: boolean
  readonly description: string
}

/** A thing that is sent, and its fields. */
export interface BodyView {
  readonly what: string
  readonly type: string
  /** The name of the object that it is, where that has one. */
  readonly form?: string
  readonly fields: readonly FieldView[]
}

export interface OperationView {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly summary: string
  /** The people and keys that may use it. */
  readonly access: string
  readonly parameters: readonly FieldView[]
  readonly bodies: readonly BodyView[]
}

export interface SocketView {
  readonly id: string
  readonly path: string
  readonly access: string
  readonly query: readonly FieldView[]
  readonly taken: readonly (BodyView & { readonly access: string })[]
  readonly sent: readonly BodyView[]
}

export interface DocsView {
  readonly groups: readonly { readonly name: string; readonly operations: readonly OperationView[] }[]
  readonly sockets: readonly SocketView[]
  readonly forms: readonly { readonly name: string; readonly fields: readonly FieldView[] }[]
  readonly closeCodes: readonly { readonly code: string; readonly reason: string }[]
}

/** The view model of `views/api-docs/docs.eta`. */
export function docsView(http: OpenApi, sockets: AsyncApi): DocsView {
  const operations = Object.entries(http.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const forms = { ...http.components.schemas, ...sockets.components.schemas }
  return {
    groups: http.tags.map(({ name }) => ({
      name,
      operations: operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ path, method, operation }) => operationView(path, method, operation)),
    })),
    sockets: Object.entries(sockets.channels).map(([name, channel]) =>
      socketView(name, channel, sockets.operations),
    ),
    forms: Object.entries(forms).map(([name, schema]) => ({ name, fields: fieldsOf(schema) })),
    closeCodes: Object.entries(sockets['x-close-codes']).map(([code, reason]) => ({ code, reason })),
  }
}

function operationView(path: string, method: string, operation: Operation): OperationView {
  const { operationId: id, parameters = [], requestBody, responses, summary, security } = operation
  const scopes = security.flatMap(({ key = [] }) => key)
  const body = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
    schema ? [bodyView(requestBody?.required ? 'Body' : 'Body (optional)', schema)] : [],
  )
  const answers = Object.entries(responses).flatMap(([status, response]) => {
    if ('$ref' in response) return []
    const what = `${status} ${response.description}`
    const contents = Object.entries(response.content ?? {})
    if (contents.length === 0) return [{ what, type: 'nothing', fields: [] }]
    return contents.map(([type, { schema, 'x-event-data': event }]) =>
      schema ? bodyView(what, schema) : { what, type, fields: event ? fieldsOf(event) : [] },
    )
  })
  return {
    id,
    method: method.toUpperCase(),
    path,
    summary,
    access: security.length === 0 ? 'anyone' : accessOf(scopes),
    parameters: parameters.map(({ name, required, description = '', schema }) => ({
      name,
      type: typeOf(schema),
      isOptional: !required,
      description,
    })),
    bodies: [...body, ...answers],
  }
}

function socketView(
  name: string,
  { address, bindings, messages }: Channel,
  operations: AsyncApi['operations'],
): SocketView {
  const scopesOf = (operation: AsyncOperation | undefined) => accessOf(operation?.['x-scopes'] ?? [])
  const all = Object.entries(messages)
  const { query } = bindings.ws
  return {
    id: `socket-${name}`,
    path: address,
    access: scopesOf(operations[`${name}.follow`]),
    query: query ? fieldsOf(query) : [],
    taken: all
      .filter(([key]) => key.startsWith('client.'))
      .map(([, { name: type, payload }]) => ({
        ...bodyView(type, payload),
        access: scopesOf(operations[`${name}.${type}`]),
      })),
    sent: all
      .filter(([key]) => key.startsWith('server.'))
      .map(([, { name: type, payload }]) => bodyView(type, payload)),
  }
}

function accessOf(scopes: readonly string[]): string {
  const session = 'a session or a token'
  return scopes.length === 0 ? session : `${session}, or an API key with ${scopes.join(' or ')}`
}

function bodyView(what: string, schema: PlainSchema): BodyView {
  const type = typeOf(schema)
  return { what, type, ...(schema.$ref !== undefined && { form: type }), fields: fieldsOf(schema) }
}

/** The fields of an object, and of those within it. */
function fieldsOf(schema: PlainSchema, within = ''): FieldView[] {
  if (Array.isArray(schema.anyOf))
    return schema.anyOf.filter(isObject).flatMap((one) => fieldsOf(one, within))
  if (isObject(schema.items)) return fieldsOf(schema.items, `${within}[].`.replace('.[]', '[]'))
  if (!isObject(schema.properties)) return []
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    if (!isObject(property)) return []
    const { description } = property
    const field = {
      name: within + name,
      type: typeOf(property),
      isOptional: !required.includes(name),
      description: typeof description === 'string' ? description : '',
    }
    return [field, ...fieldsOf(property, `${within}${name}.`)]
  })
}

/** Describes a value in words. */
function typeOf(schema: PlainSchema): string {
  if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1) ?? ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (Array.isArray(schema.anyOf)) return [...new Set(schema.anyOf.filter(isObject).map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${isObject(schema.items) ? typeOf(schema.items) : 'anything'}`
  if (isObject(schema.additionalProperties)) return `${typeOf(schema.additionalProperties)} by name`
  if (schema.format === 'date-time') return 'time'
  if (schema.type === 'string') return textOf(schema)
  if (schema.type === 'integer') return 'whole number'
  return typeof schema.type === 'string' ? schema.type : 'anything'
}

/** Describes a text field in short. A field with a description explains itself, so its pattern and length are left out. */
function textOf({ description, maxLength, pattern }: PlainSchema): string {
  if (description !== undefined) return 'text'
  if (typeof pattern === 'string') return `text like ${pattern}`
  return typeof maxLength === 'number' ? `text, up to ${maxLength.toLocaleString('en')} characters` : 'text'
}
