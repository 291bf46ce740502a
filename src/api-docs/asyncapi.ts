import type { TSchema } from 'typebox'
import { CLOSE_REASONS, CloseCode, type ConsumerClass, type RequiredScope } from '../channels/index.ts'
import { NamedSchemas, type PlainSchema } from './plain-schema.ts'
import { securityOf, securitySchemes } from './security-schemes.ts'

/** A socket as it was registered. */
export interface DocumentedSocket {
  /** As the router has it: `/ws/chat/:room`. */
  readonly url: string
  readonly consumer: ConsumerClass
}

export interface Message {
  readonly name: string
  readonly title: string
  readonly payload: PlainSchema
}

export interface Channel {
  readonly address: string
  readonly title: string
  readonly parameters?: Readonly<Record<string, object>>
  readonly messages: Readonly<Record<string, Message>>
  readonly bindings: { readonly ws: { readonly query?: PlainSchema } & Readonly<Record<string, unknown>> }
}

interface Reference {
  readonly $ref: string
}

export interface AsyncOperation {
  /** As the server sees it: it receives what clients send. */
  readonly action: 'send' | 'receive'
  readonly channel: Reference
  readonly title: string
  readonly messages: readonly Reference[]
  readonly security?: readonly Reference[]
  /** The scopes one of which an API key needs for it. */
  readonly 'x-scopes'?: readonly string[]
}

export interface AsyncApi {
  readonly asyncapi: '3.0.0'
  readonly info: object
  readonly servers: object
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, AsyncOperation>>
  readonly components: {
    readonly schemas: Readonly<Record<string, PlainSchema>>
    readonly securitySchemes: object
  }
  /** Why the server closes a socket. */
  readonly 'x-close-codes': Readonly<Record<string, string>>
}

/** The document of all sockets. @param publicUrl where people reach the server */
export function asyncApi(sockets: readonly DocumentedSocket[], version: string, publicUrl: string): AsyncApi {
  const schemas = new NamedSchemas()
  const { host, protocol } = new URL(publicUrl)
  const channels: Record<string, Channel> = {}
  const operations: Record<string, AsyncOperation> = {}
  for (const socket of sockets) {
    const name = nameOf(socket.url)
    channels[name] = channelOf(socket, schemas)
    Object.assign(operations, operationsOf(name, socket))
  }
  const { session, token, key } = securitySchemes
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Partyline',
      version,
      description:
        'The frames of the sockets: JSON objects in text frames. A frame that cannot be carried out is answered with an ' +
        'error, and the socket stays open. This description only grows: clients should ignore types and fields that they do not know.',
      license: { name: 'MIT' },
    },
    servers: {
      partyline: {
        host,
        protocol: protocol === 'https:' ? 'wss' : 'ws',
        security: ['session', 'token', 'key'].map((scheme) => ({
          $ref: `#/components/securitySchemes/${scheme}`,
        })),
      },
    },
    channels,
    operations,
    components: {
      schemas: schemas.all(),
      securitySchemes: {
        session: { ...session, type: 'httpApiKey' },
        token,
        key,
      },
    },
    'x-close-codes': closeCodes(),
  }
}

/** The key of a channel: `/ws/chat/:room` is `chat.room`. */
function nameOf(url: string): string {
  return url.replace(/^\/ws\//, '').replaceAll(/\/:?/g, '.')
}

function channelOf({ consumer, url }: DocumentedSocket, schemas: NamedSchemas): Channel {
  const parameters = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, {}] as const)
  const messages = [
    ...Object.entries(consumer.frames?.schemas ?? {}).map(([type, schema]) =>
      messageOf(`client.${type}`, type, taken(type, schemas.plain(schema), consumer.frames?.usual)),
    ),
    ...Object.entries(consumer.sends ?? {}).map(([type, schema]) =>
      messageOf(`server.${type}`, type, schemas.plain(schema)),
    ),
  ]
  return {
    address: url.replaceAll(/:(\w+)/g, '{$1}'),
    title: url,
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    messages: Object.fromEntries(messages),
    bindings: {
      ws: {
        method: 'GET',
        ...(consumer.query && { query: schemas.plain(consumer.query as TSchema) }),
        bindingVersion: '0.1.0',
      },
    },
  }
}

function messageOf(key: string, type: string, payload: PlainSchema): readonly [string, Message] {
  return [key, { name: type, title: type, payload }]
}

/** A frame of a client: only the usual one may leave out its type, and none has other fields. */
function taken(type: string, schema: PlainSchema, usual: string | undefined): PlainSchema {
  const { properties, required, ...rest } = schema
  const needed = [...(type === usual ? [] : ['type']), ...(Array.isArray(required) ? required : [])]
  return {
    ...rest,
    type: 'object',
    properties: { type: { const: type }, ...(typeof properties === 'object' ? properties : {}) },
    ...(needed.length > 0 && { required: needed }),
    additionalProperties: false,
  }
}

function operationsOf(name: string, { consumer }: DocumentedSocket): Record<string, AsyncOperation> {
  const channel = { $ref: `#/channels/${name}` }
  const message = (key: string) => ({ $ref: `#/channels/${name}/messages/${key}` })
  const sent = Object.keys(consumer.sends ?? {}).map((type) => message(`server.${type}`))
  const operations: Record<string, AsyncOperation> = {
    [`${name}.follow`]: {
      action: 'send',
      title: 'Follow',
      channel,
      messages: sent,
      ...securityFor(consumer.keyScope),
    },
  }
  for (const type of Object.keys(consumer.frames?.schemas ?? {}))
    operations[`${name}.${type}`] = {
      action: 'receive',
      title: type,
      channel,
      messages: [message(`client.${type}`)],
      ...securityFor(consumer.frameScopes?.[type] ?? consumer.otherFrameScope),
    }
  return operations
}

function securityFor(scope: RequiredScope | undefined): Pick<AsyncOperation, 'security' | 'x-scopes'> {
  const schemes = new Set(securityOf(scope).flatMap((one) => Object.keys(one)))
  return {
    security: [...schemes].map((scheme) => ({ $ref: `#/components/securitySchemes/${scheme}` })),
    ...(scope !== undefined && { 'x-scopes': [scope].flat() }),
  }
}

function closeCodes(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CloseCode).map(([name, code]) => [code, CLOSE_REASONS[name as keyof typeof CloseCode]]),
  )
}
