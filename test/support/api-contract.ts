import type { FastifyInstance } from 'fastify'
import type { Validator } from 'typebox/compile'
import { Compile } from 'typebox/compile'
import type { AsyncApi, Channel } from '../../src/api-docs/asyncapi.ts'
import type { OpenApi, Operation } from '../../src/api-docs/openapi.ts'
import { isObject, type PlainSchema } from '../../src/api-docs/plain-schema.ts'

export interface Documents {
  readonly openApi: OpenApi
  readonly asyncApi: AsyncApi
}

/** An answer as far as the documents describe it. */
export interface CheckedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Place<What> {
  readonly pattern: RegExp
  readonly what: What
}

/** Something that the documents of the API do not say. */
export class Undocumented extends Error {}

/**
 * Checks a server's real answers and frames against its documents. The checks are stricter than the documents, which
 * allow for fields to be added: here, a field that is not described is a fault.
 */
export class ApiContract {
  readonly #openApi: OpenApi
  readonly #asyncApi: AsyncApi
  readonly #hasGuests: boolean
  readonly #paths: readonly Place<Readonly<Record<string, Operation>>>[]
  readonly #channels: readonly Place<Channel>[]
  readonly #frames = new Map<Channel, Map<string, Validator>>()

  /** @param hasGuests there are routes and sockets of a test, which nothing describes */
  constructor({ openApi, asyncApi }: Documents, hasGuests = false) {
    this.#openApi = openApi
    this.#asyncApi = asyncApi
    this.#hasGuests = hasGuests
    this.#paths = Object.entries(openApi.paths).map(([path, what]) => ({ pattern: patternOf(path), what }))
    this.#channels = Object.values(asyncApi.channels).map((what) => ({
      pattern: patternOf(what.address),
      what,
    }))
  }

  /** @throws Undocumented */
  answered(method: string, address: string, answer: CheckedAnswer): void {
    const [path = ''] = address.split('?')
    const found = this.#paths.find(({ pattern }) => pattern.test(path))?.what
    if ((!found && !path.startsWith('/api/')) || method === 'HEAD' || isOfProxy(answer)) return
    const { headers, status, text } = answer
    const fault = (what: string) =>
      new Undocumented(`${method} ${path} answered ${status}, ${what}: ${text.slice(0, 500)}`)
    const operation = found?.[method.toLowerCase()]
    const described = operation?.responses[String(status)]
    if (!described) {
      const isElsewhere = status >= 300 && !path.startsWith('/api/')
      if (status < 400 && method !== 'OPTIONS' && !isElsewhere) {
        if (found || !this.#hasGuests) throw fault('which is not described')
      } else if (text !== '' && path.startsWith('/api/')) this.#compare(this.#error, text, fault)
      return
    }
    if ('$ref' in described) throw fault('which is described as an error')
    const [media = ''] = (headers.get('content-type') ?? '').split(';')
    if (!described.content) {
      if (text !== '') throw fault('where nothing is described')
      return
    }
    const content = described.content[media]
    if (!content) throw fault(`as ${media}, which is not described`)
    if (content.schema) this.#compare(checkOf(content.schema, this.#openApi), text, fault)
  }

  /** @throws Undocumented */
  sent(address: string, frame: unknown): void {
    const [path = ''] = address.split('?')
    const channel = this.#channels.find(({ pattern }) => pattern.test(path))?.what
    const said = () => JSON.stringify(frame).slice(0, 500)
    if (!channel) {
      if (this.#hasGuests) return
      throw new Undocumented(`${path} is no socket that is described, and sent ${said()}`)
    }
    const check = this.#frameCheck(channel, isObject(frame) ? String(frame.type) : '')
    if (!check) throw new Undocumented(`${path} sent a frame of a type that is not described: ${said()}`)
    if (!check.Check(frame)) throw new Undocumented(`${path} sent ${said()}, but ${faultsOf(check, frame)}`)
  }

  /** Checks the data of one of the Server-Sent Events that an address answers with. @throws Undocumented */
  told(address: string, data: unknown): void {
    const [path = ''] = address.split('?')
    const found = this.#paths.find(({ pattern }) => pattern.test(path))?.what.get?.responses['200']
    const content = found && 'content' in found ? found.content?.['text/event-stream'] : undefined
    if (!content) {
      if (this.#hasGuests) return
      throw new Undocumented(`${path} answers with events, which are not described`)
    }
    const check = content['x-event-data'] && checkOf(content['x-event-data'], this.#openApi)
    if (check && !check.Check(data))
      throw new Undocumented(
        `${path} told ${JSON.stringify(data).slice(0, 500)}, but ${faultsOf(check, data)}`,
      )
  }

  get #error(): Validator {
    return checkOf({ $ref: '#/components/schemas/Error' }, this.#openApi)
  }

  #compare(check: Validator, text: string, fault: (what: string) => Error): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw fault('which is not JSON')
    }
    if (!check.Check(value)) throw fault(`but ${faultsOf(check, value)}`)
  }

  #frameCheck(channel: Channel, type: string): Validator | undefined {
    const checks = this.#frames.get(channel) ?? new Map<string, Validator>()
    this.#frames.set(channel, checks)
    const known = checks.get(type)
    if (known) return known
    const message = channel.messages[`server.${type}`]
    if (!message) return undefined
    const check = checkOf(message.payload, this.#asyncApi)
    checks.set(type, check)
    return check
  }
}

/** An answer that a proxy gives when it finds no server is not ours. */
function isOfProxy({ headers, status }: CheckedAnswer): boolean {
  return status >= 502 && status <= 504 && headers.get('content-type')?.startsWith('text/html') === true
}

function patternOf(address: string): RegExp {
  const escaped = address.replaceAll('.', String.raw`\.`)
  return new RegExp(`^${escaped.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)
}

type Named = { readonly components: { readonly schemas: Readonly<Record<string, PlainSchema>> } }

const compiled = new Map<string, Validator>()

/** Each schema is compiled once, however many servers a test starts. */
function checkOf(schema: PlainSchema, { components }: Named): Validator {
  const whole = strict(schema, components.schemas)
  const key = JSON.stringify(whole)
  const check = compiled.get(key) ?? Compile(whole)
  compiled.set(key, check)
  return check
}

/** A schema with what it refers to, and objects of which have the fields that are described, and no others. */
function strict(schema: PlainSchema, named: Readonly<Record<string, PlainSchema>>): PlainSchema {
  if (typeof schema.$ref === 'string') return strict(named[schema.$ref.split('/').at(-1) ?? ''] ?? {}, named)
  const whole = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, strictValue(value, named)]),
  )
  return isObject(schema.properties) && schema.additionalProperties === undefined
    ? { ...whole, additionalProperties: false }
    : whole
}

function strictValue(value: unknown, named: Readonly<Record<string, PlainSchema>>): unknown {
  if (Array.isArray(value)) return value.map((one) => strictValue(one, named))
  return isObject(value) ? strict(value, named) : value
}

function faultsOf(check: Validator, value: unknown): string {
  const faults = check.Errors(value).slice(0, 5)
  return faults
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ')
}

/** The contract of an application in this process. */
export function contractOf({ apiDocs }: FastifyInstance, hasGuests = false): ApiContract {
  return new ApiContract({ openApi: apiDocs.openApi(), asyncApi: apiDocs.asyncApi() }, hasGuests)
}

/** The contract of a server, made when it is first needed. Undefined if the server has none that can be read. */
interface Expected {
  contract: ApiContract | undefined
  readonly make?: () => ApiContract
  readonly read?: Promise<void>
}

const expected = new Map<string, Expected>()

/** Checks everything that a server in this process answers and sends. @returns a function that ends it */
export function expectDocumented(app: FastifyInstance, address: string, hasGuests: boolean): () => void {
  const entry: Expected = { contract: undefined, make: () => contractOf(app, hasGuests) }
  expected.set(address, entry)
  return () => {
    if (expected.get(address) === entry) expected.delete(address)
  }
}

/**
 * Checks something by the contract of a server: at once where the server is in this process. That of another process is asked of
 * the server itself, and a fault then fails the test as an error that nobody waits for.
 * @throws what `check` throws
 */
export function checkByContract(address: string, check: (contract: ApiContract) => void): void {
  const entry = expected.get(address) ?? readFrom(address)
  entry.contract ??= entry.make?.()
  if (entry.contract) check(entry.contract)
  else entry.read?.then(() => entry.contract && check(entry.contract))
}

function readFrom(address: string): Expected {
  const entry: Expected = {
    contract: undefined,
    read: readDocuments(address).then(
      (documents) => {
        entry.contract = documents && new ApiContract(documents)
      },
      // It was killed or is an earlier release, whose answers other tests check.
      () => {},
    ),
  }
  expected.set(address, entry)
  return entry
}

async function readDocuments(address: string): Promise<Documents | undefined> {
  const [openApi, asyncApi] = await Promise.all(
    ['openapi', 'asyncapi'].map((name) => fetch(`${address}/api/docs/${name}.json`)),
  )
  if (!openApi?.ok || !asyncApi?.ok) return undefined
  return { openApi: (await openApi.json()) as OpenApi, asyncApi: (await asyncApi.json()) as AsyncApi }
}
